//! Tables for people, with aligned columns.

use std::fmt;

/// Rows of cells. Rows may have fewer cells than others.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    /// Begins a table with the names of its columns.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self(vec![header.iter().map(|&name| name.to_owned()).collect()])
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.0.push(row);
    }

    /// Returns the widths of the columns. The last cell of a row ends its line, and needs none.
    fn widths(&self) -> Vec<usize> {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or_default();
        let mut widths = vec![0; columns];
        for row in &self.0 {
            let all_but_last = row.len().saturating_sub(1);
            for (width, cell) in widths.iter_mut().zip(&row[..all_but_last]) {
                *width = cell.chars().count().max(*width);
            }
        }
        widths
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in &self.0 {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&format!("{cell:<width$}  "));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_a_long_last_cell_widens_none() {
        let mut table = Table::new(&["name", "of", "x"]);
        table.push(vec!["a".to_owned(), "longer".to_owned(), "1".to_owned()]);
        table.push(vec!["\u{b5}m \u{b5}m".to_owned(), "cannot be opened".to_owned()]);
        assert_eq!(
            table.to_string(),
            "name   of      x\na      longer  1\n\u{b5}m \u{b5}m  cannot be opened\n"
        );
    }
}
