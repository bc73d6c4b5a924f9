//! A moving picture, as a camera would send it: BGR, three bytes a pixel.

pub(crate) const WIDTH: u32 = 640;
pub(crate) const HEIGHT: u32 = 360;

/// Paints frame `number` of `frames`: a disc that runs over hills of colour, beside a fine pattern.
pub(crate) fn frame(number: usize, frames: usize) -> Vec<u8> {
    let time = number as f32 / frames as f32;
    let turn = time * std::f32::consts::TAU;
    let (center_x, center_y) = (WIDTH as f32 * (0.2 + 0.6 * time), 180.0 + 90.0 * turn.sin());
    let mut bgr = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (across, down) = (x as f32, y as f32);
            let distance = (across - center_x).hypot(down - center_y);
            let [red, green, blue] = if distance < 60.0 {
                [1.0, 0.8 - distance / 100.0, 0.1]
            } else if x / 8 % 2 == y / 8 % 2 && x > WIDTH - 120 {
                [0.9, 0.9, 0.9]
            } else {
                let hills = (across / 60.0 + turn).sin() * (down / 45.0 - turn).cos();
                [0.3 + 0.2 * hills, 0.3 + down / 720.0, 0.5 - 0.3 * hills]
            };
            bgr.extend([blue, green, red].map(level));
        }
    }
    bgr
}

#[allow(clippy::cast_possible_truncation, reason = "between 0 and 255")]
#[allow(clippy::cast_sign_loss, reason = "between 0 and 255")]
fn level(share: f32) -> u8 {
    (share.clamp(0.0, 1.0) * 255.0).round() as u8
}
