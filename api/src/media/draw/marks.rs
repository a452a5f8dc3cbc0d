//! Pictures of shapes alone: type ornaments, a dial, an avatar.

use super::canvas::{Canvas, Paint, Point, Rgb, Rng, TURN, WIDTH, arc, mix, rgb};

/// Paper, ink and four colours of [`type_blocks`] and [`avatar`].
const INKS: [[u32; 6]; 4] = [
    [0xF3_EA_DA, 0x23_26_2E, 0xD9_4F_35, 0xE9_B4_4C, 0x2F_6F_73, 0xE8_D5_B7],
    [0xF5_EF_E6, 0x1E_2A_44, 0xE0_6D_5B, 0xF0_C3_8E, 0x44_6E_9B, 0xC9_D8_D5],
    [0xF1_ED_E0, 0x2D_2A_33, 0xB9_3A_4B, 0xDD_A4_48, 0x5A_7D_5A, 0xD8_CF_B4],
    [0xEE_EA_E2, 0x24_30_2F, 0xE4_7B_4A, 0xF2_CF_63, 0x3C_6E_8F, 0xB7_CB_BF],
];

/// Ornaments that fill a square of side 1.
const ORNAMENTS: u8 = 12;

/// A forme of square ornaments in a few colours, no two neighbours on the same ground.
pub(super) fn type_blocks(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let [paper, ink, red, yellow, green, pale] = chance.pick(&INKS, [0; 6]).map(rgb);
    canvas.cover(Paint::Flat(paper));
    let (columns, gap) = (6.0, 12.0);
    let side = (WIDTH - gap) / columns;
    // Whole rows where they fit but for the gaps, else the first and the last run off the sheet.
    let rows = (height / side - 0.1).ceil().max(1.0);
    let left = gap;
    let top = gap.midpoint(height - rows * side);
    let grounds = [ink, red, yellow, green, pale];
    let mut above: Vec<Option<Rgb>> = vec![None; columns as usize];
    for row in 0..rows as u16 {
        let mut before = None;
        for (column, over) in above.iter_mut().enumerate() {
            let free: Vec<Rgb> = grounds
                .into_iter()
                .filter(|ground| Some(*ground) != before && Some(*ground) != *over)
                .collect();
            let ground = chance.pick(&free, ink);
            let kind = (chance.unit() * f32::from(ORNAMENTS)) as u8;
            // In the colour of the paper, a shape that touches the edge would bite into its block.
            let inside = matches!(kind, 2 | 4 | 6 | 7 | 11);
            let shapes: Vec<Rgb> = [ink, red, yellow, green, paper]
                .into_iter()
                .filter(|shape| contrast(*shape, ground) > 0.20 && (inside || !same(*shape, paper)))
                .collect();
            let shape = chance.pick(&shapes, paper);
            let second = chance.pick(&shapes, paper);
            let corner = (left + column as f32 * side, top + f32::from(row) * side);
            let block = Block { corner, side: side - gap, turn: (chance.unit() * 4.0) as u8 };
            block.ornament(canvas, kind, [ground, shape, second]);
            before = Some(ground);
            *over = before;
        }
    }
}

/// Whether two colours of one set are the same.
fn same(first: Rgb, second: Rgb) -> bool {
    first.map(f32::to_bits) == second.map(f32::to_bits)
}

/// How far apart two colours are in lightness.
fn contrast(first: Rgb, second: Rgb) -> f32 {
    let light = |[r, g, b]: Rgb| 0.30 * r + 0.59 * g + 0.11 * b;
    (light(first) - light(second)).abs()
}

/// A square whose drawing may be turned by quarters.
struct Block {
    corner: Point,
    side: f32,
    turn: u8,
}

impl Block {
    /// A place in the square, from (0, 0) to (1, 1), after turning.
    fn at(&self, (x, y): Point) -> Point {
        let (x, y) = match self.turn % 4 {
            0 => (x, y),
            1 => (1.0 - y, x),
            2 => (1.0 - x, 1.0 - y),
            _ => (y, 1.0 - x),
        };
        (self.corner.0 + x * self.side, self.corner.1 + y * self.side)
    }

    fn shape(&self, canvas: &mut Canvas, points: &[Point], colour: Rgb) {
        let outline: Vec<_> = points.iter().map(|point| self.at(*point)).collect();
        canvas.polygon(&outline, Paint::Flat(colour));
    }

    /// A part of a disc, with its centre as a corner.
    fn wedge(&self, canvas: &mut Canvas, centre: Point, radius: f32, (from, to): (f32, f32), colour: Rgb) {
        let mut points = arc(centre, radius, radius, from * TURN, to * TURN);
        // An arc of so small a radius would be coarse; its points come from one of the size on the canvas.
        if radius < 5.0 {
            points = arc((0.0, 0.0), 200.0, 200.0, from * TURN, to * TURN)
                .into_iter()
                .map(|(x, y)| (centre.0 + x / 200.0 * radius, centre.1 + y / 200.0 * radius))
                .collect();
        }
        if to - from < 1.0 {
            points.push(centre);
        }
        self.shape(canvas, &points, colour);
    }

    fn ornament(&self, canvas: &mut Canvas, kind: u8, [ground, shape, second]: [Rgb; 3]) {
        let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        self.shape(canvas, &square, ground);
        match kind {
            // Quarter discs, one in the other.
            0 => {
                for (radius, colour) in [(1.0, shape), (0.68, ground), (0.36, second)] {
                    self.wedge(canvas, (0.0, 0.0), radius, (0.0, 0.25), colour);
                }
            }
            // Two half discs, back to back.
            1 => {
                self.wedge(canvas, (0.0, 0.5), 0.5, (-0.25, 0.25), shape);
                self.wedge(canvas, (1.0, 0.5), 0.5, (0.25, 0.75), second);
            }
            // Rings.
            2 => {
                for (radius, colour) in [(0.42, shape), (0.29, ground), (0.16, second)] {
                    self.wedge(canvas, (0.5, 0.5), radius, (0.0, 1.0), colour);
                }
            }
            // A triangle over half the square, with a point of light.
            3 => {
                self.shape(canvas, &[(0.0, 0.0), (1.0, 1.0), (0.0, 1.0)], shape);
                self.wedge(canvas, (0.70, 0.30), 0.15, (0.0, 1.0), second);
            }
            // Bars.
            4 => {
                for bar in [0.10, 0.38, 0.66] {
                    self.shape(
                        canvas,
                        &[(bar, 0.1), (bar + 0.16, 0.1), (bar + 0.16, 0.9), (bar, 0.9)],
                        shape,
                    );
                }
            }
            // A leaf of two quarter discs.
            5 => {
                let mut leaf = quarter((1.0, 0.0), 0.25);
                leaf.extend(quarter((0.0, 1.0), 0.75));
                self.shape(canvas, &leaf, shape);
                self.wedge(canvas, (0.5, 0.5), 0.11, (0.0, 1.0), second);
            }
            // Nine dots.
            6 => {
                for dot in 0..9_u8 {
                    let centre = (f32::from(dot % 3) * 0.3 + 0.2, f32::from(dot / 3) * 0.3 + 0.2);
                    self.wedge(canvas, centre, 0.095, (0.0, 1.0), if dot == 4 { second } else { shape });
                }
            }
            // A diamond in the square.
            7 => {
                for (half, colour) in [(0.44, shape), (0.20, second)] {
                    let points = [(0.5, 0.5 - half), (0.5 + half, 0.5), (0.5, 0.5 + half), (0.5 - half, 0.5)];
                    self.shape(canvas, &points, colour);
                }
            }
            // An arch, as of a letter n.
            8 => {
                self.wedge(canvas, (0.5, 0.5), 0.40, (0.5, 1.0), shape);
                self.shape(canvas, &[(0.10, 0.49), (0.90, 0.49), (0.90, 1.0), (0.10, 1.0)], shape);
                self.wedge(canvas, (0.5, 0.55), 0.17, (0.5, 1.0), ground);
                self.shape(canvas, &[(0.33, 0.54), (0.67, 0.54), (0.67, 1.0), (0.33, 1.0)], ground);
            }
            // Stairs.
            9 => {
                let stairs = [
                    (0.0, 1.0),
                    (0.0, 0.75),
                    (0.25, 0.75),
                    (0.25, 0.5),
                    (0.5, 0.5),
                    (0.5, 0.25),
                    (0.75, 0.25),
                    (0.75, 0.0),
                    (1.0, 0.0),
                    (1.0, 1.0),
                ];
                self.shape(canvas, &stairs, shape);
            }
            // An hour-glass.
            10 => {
                self.shape(canvas, &[(0.0, 0.0), (1.0, 0.0), (0.5, 0.5)], shape);
                self.shape(canvas, &[(0.0, 1.0), (1.0, 1.0), (0.5, 0.5)], second);
            }
            // Half a sun with its ground.
            _ => {
                self.wedge(canvas, (0.5, 0.62), 0.40, (0.5, 1.0), shape);
                self.shape(canvas, &[(0.10, 0.70), (0.90, 0.70), (0.90, 0.77), (0.10, 0.77)], second);
                self.shape(canvas, &[(0.10, 0.83), (0.90, 0.83), (0.90, 0.90), (0.10, 0.90)], second);
            }
        }
    }
}

/// A quarter of a circle of radius 1, starting at a share of a turn.
fn quarter(centre: Point, from: f32) -> Vec<Point> {
    arc((0.0, 0.0), 200.0, 200.0, from * TURN, (from + 0.25) * TURN)
        .into_iter()
        .map(|(x, y)| (centre.0 + x / 200.0, centre.1 + y / 200.0))
        .collect()
}

/// The half-round scale of a wireless: ticks, bands, a needle.
pub(super) fn radio_dial(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let sets = [
        // ground, edge, face, ink, three bands, needle
        [0x3A_24_20, 0x1E_12_14, 0xF4_E3_C1, 0x3A_2A_24, 0xC9_8B_3E, 0x5E_83_7B, 0xA8_4A_35, 0xD8_3A_2B],
        [0x1F_33_3B, 0x0F_1C_24, 0xEF_E6_D0, 0x1E_30_38, 0xE0_9A_4A, 0x3F_7A_86, 0xC7_56_4A, 0xE4_4B_36],
        [0xD9_C9_A8, 0xB8_9F_78, 0xFB_F6_E9, 0x2E_2B_2A, 0x7F_9A_8A, 0xD9_A4_41, 0xB5_4A_3F, 0xC8_2F_2B],
    ];
    let [ground, edge, face, ink, first, second, third, needle] = chance.pick(&sets, [0; 8]).map(rgb);
    canvas.cover(Paint::Down(0.0, ground, height, edge));
    // Cloth of the loudspeaker behind.
    for thread in 0..100_u8 {
        let at = f32::from(thread) * 12.0 + 6.0;
        canvas.rect((at, 0.0), 2.0, height, Paint::Clear(face, 0.035));
        canvas.rect((0.0, at), WIDTH, 2.0, Paint::Clear(edge, 0.16));
    }
    let centre = (WIDTH / 2.0, height * 0.90);
    let whole = (height * 0.84).min(WIDTH * 0.47);
    let all = (0.0, TURN);
    canvas.disc(
        (centre.0, centre.1 + 10.0),
        whole * 1.16,
        Paint::Glow(rgb(0), (centre.0, centre.1 + 10.0), whole * 1.16, 2.2),
    );
    canvas.disc(centre, whole * 1.035, Paint::Flat(mix(ink, edge, 0.5)));
    canvas.disc(centre, whole * 1.015, Paint::Flat(mix(face, first, 0.55)));
    canvas.disc(centre, whole, Paint::Flat(face));
    canvas.disc(
        centre,
        whole,
        Paint::Glow(rgb(0xFF_FF_FF), (centre.0, centre.1 - whole * 0.45), whole * 0.9, 0.5),
    );

    // Half a turn, from the left over the top to the right.
    let angle = |share: f32| TURN * (0.5 + 0.5 * share);
    let at = |share: f32, radius: f32| {
        let (sin, cos) = angle(share).sin_cos();
        (centre.0 + cos * radius * whole, centre.1 + sin * radius * whole)
    };
    for tick in 0..=80_u8 {
        let share = 0.03 + 0.94 * f32::from(tick) / 80.0;
        let (long, thick) = match tick {
            t if t % 10 == 0 => (0.085, 5.0),
            t if t % 5 == 0 => (0.058, 3.2),
            _ => (0.034, 1.8),
        };
        canvas.line(at(share, 0.955), at(share, 0.955 - long), thick, Paint::Flat(ink));
        if tick % 10 == 0 {
            canvas.disc(at(share, 0.825), whole * 0.013, Paint::Flat(ink));
        }
    }
    canvas.ring(centre, whole * 0.955, 2.4, all, Paint::Flat(ink));
    for (index, (radius, colour)) in [(0.735, first), (0.655, second), (0.575, third)].into_iter().enumerate()
    {
        let thick = whole * 0.052;
        canvas.ring(centre, whole * radius, thick, (angle(0.03), angle(0.97)), Paint::Clear(colour, 0.22));
        let mut from = 0.03 + chance.range(0.0, 0.10);
        while from < 0.93 {
            let to = (from + chance.range(0.05, 0.24)).min(0.97);
            canvas.ring(centre, whole * radius, thick, (angle(from), angle(to)), Paint::Flat(colour));
            from = to + chance.range(0.015, 0.09);
        }
        for station in 0..9_u8 {
            let share = 0.06 + 0.88 * (f32::from(station) + chance.range(0.1, 0.9)) / 9.0;
            let spread = if index == 1 { 0.012 } else { 0.016 };
            canvas.line(at(share, radius - spread), at(share, radius + spread), 2.2, Paint::Clear(face, 0.9));
        }
    }
    for ring in 0..9_u8 {
        canvas.ring(centre, whole * (0.505 - f32::from(ring) * 0.026), 1.6, all, Paint::Clear(ink, 0.34));
    }
    let tuned = chance.range(0.20, 0.80);
    canvas.line(
        (centre.0 + 4.0, centre.1 + 7.0),
        (at(tuned, 0.94).0 + 4.0, at(tuned, 0.94).1 + 7.0),
        5.0,
        Paint::Clear(ink, 0.22),
    );
    canvas.line(centre, at(tuned, 0.945), 5.2, Paint::Flat(needle));
    canvas.disc(at(tuned, 0.735), whole * 0.030, Paint::Flat(needle));
    canvas.disc(at(tuned, 0.735), whole * 0.014, Paint::Flat(face));
    canvas.disc((centre.0, centre.1 + 8.0), whole * 0.262, Paint::Clear(ink, 0.25));
    canvas.disc(
        centre,
        whole * 0.25,
        Paint::Down(centre.1 - whole * 0.25, mix(ink, face, 0.16), centre.1, ink),
    );
    for notch in 0..=44_u8 {
        let share = f32::from(notch) / 44.0;
        canvas.line(at(share, 0.236), at(share, 0.25), 3.0, Paint::Clear(face, 0.30));
    }
    canvas.disc(
        centre,
        whole * 0.175,
        Paint::Down(centre.1 - whole * 0.175, mix(first, face, 0.35), centre.1 + 20.0, first),
    );
    canvas.ring(centre, whole * 0.175, 2.0, all, Paint::Clear(ink, 0.5));
}

/// Four ornaments in a square, one of them large, as a sign for a person.
pub(super) fn avatar(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let [paper, ink, red, yellow, green, pale] = chance.pick(&INKS, [0; 6]).map(rgb);
    let colours = [ink, red, yellow, green];
    let ground = chance.pick(&[pale, paper, yellow, green], pale);
    canvas.cover(Paint::Flat(ground));
    let side = WIDTH.min(height) / 2.0;
    let (left, top) = (WIDTH / 2.0 - side, height / 2.0 - side);
    let mut last = ground;
    for (index, kind) in [0_u8, 0, 1, 1].into_iter().enumerate() {
        let free: Vec<Rgb> = colours
            .into_iter()
            .filter(|colour| !same(*colour, last) && contrast(*colour, ground) > 0.12)
            .collect();
        let colour = chance.pick(&free, ink);
        let block = Block {
            corner: (left + side * (index % 2) as f32, top + side * (index / 2) as f32),
            side,
            turn: (chance.unit() * 4.0) as u8,
        };
        match (kind, (chance.unit() * 4.0) as u8) {
            (_, 0) => block.wedge(canvas, (0.0, 0.0), 1.0, (0.0, 0.25), colour),
            (_, 1) => block.wedge(canvas, (0.0, 0.5), 0.5, (-0.25, 0.25), colour),
            (0, 2) => block.wedge(canvas, (0.5, 0.5), 0.5, (0.0, 1.0), colour),
            (_, 2) => block.shape(canvas, &[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], colour),
            (0, _) => {
                let mut leaf = quarter((1.0, 0.0), 0.25);
                leaf.extend(quarter((0.0, 1.0), 0.75));
                block.shape(canvas, &leaf, colour);
            }
            _ => block.shape(canvas, &[(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)], colour),
        }
        last = colour;
    }
}
