//! Queries as a responder for mDNS gets them, made and checked by the DNS crate. Each has its number in the
//! first label of its first question, and the lower half of it as its identifier.

use crate::Error;
use simple_dns::rdata::{PTR, RData};
use simple_dns::{CLASS, Name, Packet, QCLASS, QTYPE, Question, ResourceRecord, TYPE};

/// Where the number is: behind the header, and the length of the label.
const LABEL: std::ops::Range<usize> = 13..21;

/// A label as long as every number.
const NO_NUMBER: &str = "00000000";

/// A query but for its number.
struct Query {
    wire: Vec<u8>,
    questions: usize,
    answers: usize,
}

/// Queries that follow one another, and begin again.
pub(crate) struct Mix(Vec<Query>);

/// What a query that has come through had in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) number: u32,
    pub(crate) questions: usize,
}

/// Returns the number that a query claims to have, without parsing it.
pub(crate) fn number(wire: &[u8]) -> Option<u32> {
    number_in(wire.get(LABEL)?)
}

fn number_in(label: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(label).ok()?, 16).ok()
}

impl Mix {
    /// One to three questions: tens of bytes.
    pub(crate) fn short() -> Result<Self, Error> {
        Ok(Self(vec![
            Query::new("", &[TYPE::A], 0, 0)?,
            Query::new("_http._tcp.", &[TYPE::SRV], 0, 0)?,
            Query::new("", &[TYPE::A, TYPE::AAAA], 0, 0)?,
            Query::new("_ipp._tcp.", &[TYPE::SRV, TYPE::TXT], 0, 0)?,
            Query::new("", &[TYPE::A, TYPE::AAAA, TYPE::TXT], 0, 0)?,
        ]))
    }

    /// Up to nearly as long as a buffer, each before one of [`short`](Self::short): many questions, or the
    /// answers that the asking host already knows.
    pub(crate) fn long_and_short() -> Result<Self, Error> {
        let long = [
            Query::new("", &[TYPE::A], 200, 0)?,
            Query::new("_sub._http._tcp.", &[TYPE::PTR], 0, 150)?,
            Query::new("", &[TYPE::AAAA], 20, 20)?,
            Query::new("_sub._ipp._tcp.", &[TYPE::PTR], 1, 330)?,
            Query::new("", &[TYPE::A], 500, 0)?,
        ];
        let Self(short) = Self::short()?;
        Ok(Self(long.into_iter().zip(short).flat_map(|(long, short)| [long, short]).collect()))
    }

    /// Writes the query of this number into `wire`, over what is there.
    pub(crate) fn write(&self, number: u32, wire: &mut Vec<u8>) {
        wire.clear();
        wire.extend_from_slice(&self.of(number).wire);
        let [.., high, low] = number.to_be_bytes();
        wire[..2].copy_from_slice(&[high, low]);
        wire[LABEL].copy_from_slice(format!("{number:08x}").as_bytes());
    }

    /// Tells whether `wire`, of which `packet` was parsed, is the query of the number that it has.
    pub(crate) fn check(&self, wire: &[u8], packet: &Packet) -> Option<Content> {
        let first = packet.questions.first()?.qname.get_labels().first()?;
        let number = number_in(first.as_ref())?;
        let query = self.of(number);
        let parsed = (packet.questions.len(), packet.answers.len(), u32::from(packet.id()));
        let is_whole = parsed == (query.questions, query.answers, number & 0xffff);
        let parts = [(2, LABEL.start), (LABEL.end, query.wire.len())];
        let is_same = wire.len() == query.wire.len()
            && parts.iter().all(|&(from, to)| wire[from..to] == query.wire[from..to]);
        (is_whole && is_same).then_some(Content { number, questions: parsed.0 })
    }

    fn of(&self, number: u32) -> &Query {
        &self.0[number as usize % self.0.len()]
    }
}

impl Query {
    /// Asks for `types` of a name in `domain`, then for the addresses of `hosts` hosts, and says that
    /// `known` printers are known.
    fn new(domain: &str, types: &[TYPE], hosts: usize, known: usize) -> Result<Self, Error> {
        let asked = format!("{NO_NUMBER}.{domain}local");
        let service = "_ipp._tcp.local";
        let hosts: Vec<_> = (0..hosts).map(|host| format!("host-{host:03}.local")).collect();
        let known: Vec<_> =
            (0..known).map(|printer| format!("Printer {printer:03}.{service}")).collect();

        let mut packet = Packet::new_query(0);
        let mut ask = |name, of| -> Result<(), Error> {
            let class = QCLASS::CLASS(CLASS::IN);
            packet.questions.push(Question::new(Name::new(name)?, QTYPE::TYPE(of), class, false));
            Ok(())
        };
        types.iter().try_for_each(|&of| ask(&asked, of))?;
        hosts.iter().try_for_each(|host| ask(host, TYPE::A))?;
        for printer in &known {
            let (name, printer) = (Name::new(service)?, Name::new(printer)?);
            let record = ResourceRecord::new(name, CLASS::IN, 4500, RData::PTR(PTR(printer)));
            packet.answers.push(record);
        }
        let (questions, answers) = (packet.questions.len(), packet.answers.len());
        let wire = packet.build_bytes_vec_compressed()?;
        if wire.get(LABEL) != Some(NO_NUMBER.as_bytes()) || wire.len() > crate::ways::CAPACITY {
            return Err(format!("{} bytes are no query for this example", wire.len()).into());
        }
        Ok(Self { wire, questions, answers })
    }
}
