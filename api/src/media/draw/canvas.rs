//! A canvas with exact anti-aliasing, and the small mathematics of chance that the scenes share.

use super::Illustration;

/// A colour: red, green and blue from 0 to 1, as they are on a screen.
pub(super) type Rgb = [f32; 3];

/// A place on the canvas. Every canvas is 1200 units wide whatever its pixels, so scenes are drawn in one measure.
pub(super) type Point = (f32, f32);

/// The width of every canvas, in units.
pub(super) const WIDTH: f32 = 1200.0;

/// A colour from its usual notation, `0xRRGGBB`.
pub(super) const fn rgb(hex: u32) -> Rgb {
    let [_, r, g, b] = hex.to_be_bytes();
    [r as f32 / 255.0, g as f32 / 255.0, b as f32 / 255.0]
}

/// `share` of the second colour in the first.
pub(super) fn mix(first: Rgb, second: Rgb, share: f32) -> Rgb {
    let [a, b, c] = first;
    let [x, y, z] = second;
    let share = share.clamp(0.0, 1.0);
    [a + (x - a) * share, b + (y - b) * share, c + (z - c) * share]
}

/// How a shape is filled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Paint {
    /// One colour.
    Flat(Rgb),
    /// One colour, of this opacity.
    Clear(Rgb, f32),
    /// From the first colour at the first height to the second at the second.
    Down(f32, Rgb, f32, Rgb),
    /// One colour whose opacity goes from the first value at the first height to the second at the second.
    Fade(Rgb, f32, f32, f32, f32),
    /// A glow: one colour, of this opacity at the point and none at the radius.
    Glow(Rgb, Point, f32, f32),
}

impl Paint {
    fn at(self, x: f32, y: f32) -> (Rgb, f32) {
        let along = |from: f32, to: f32| ((y - from) / (to - from)).clamp(0.0, 1.0);
        match self {
            Self::Flat(colour) => (colour, 1.0),
            Self::Clear(colour, alpha) => (colour, alpha),
            Self::Down(from, top, to, bottom) => (mix(top, bottom, along(from, to)), 1.0),
            Self::Fade(colour, from, first, to, second) => {
                (colour, first + (second - first) * along(from, to))
            }
            Self::Glow(colour, (cx, cy), radius, alpha) => {
                let left = (1.0 - (x - cx).hypot(y - cy) / radius).max(0.0);
                (colour, alpha * left * left)
            }
        }
    }
}

/// What is drawn on.
#[derive(Debug)]
pub(super) struct Canvas {
    columns: usize,
    rows: usize,
    /// Pixels per unit.
    scale: f32,
    pixels: Vec<Rgb>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (columns, rows) = (width as usize, height as usize);
        Self { columns, rows, scale: width as f32 / WIDTH, pixels: vec![[0.0; 3]; columns * rows] }
    }

    /// The height in units.
    pub(super) fn height(&self) -> f32 {
        self.rows as f32 / self.scale
    }

    /// The pixels as bytes, with a little grain, which hides the steps of gradients and looks like paper.
    pub(super) fn into_bytes(self, grain: f32) -> Vec<u8> {
        let mut chance = Rng::new(Illustration::Hills, 1);
        let mut bytes = Vec::with_capacity(self.pixels.len() * 3);
        for pixel in self.pixels {
            let noise = (chance.unit() + chance.unit() - 1.0) * grain;
            bytes.extend(pixel.map(|channel| ((channel + noise).clamp(0.0, 1.0) * 255.0).round() as u8));
        }
        bytes
    }

    /// Sets every pixel from its place, in units.
    pub(super) fn shade(&mut self, colour: impl Fn(f32, f32) -> Rgb) {
        let scale = self.scale;
        for (row, line) in self.pixels.chunks_exact_mut(self.columns).enumerate() {
            for (column, pixel) in line.iter_mut().enumerate() {
                *pixel = colour((column as f32 + 0.5) / scale, (row as f32 + 0.5) / scale);
            }
        }
    }

    /// Fills a shape of one or more closed outlines; one that runs the other way round is a hole. How much of a
    /// pixel is covered is computed, not sampled: each edge adds the area to its right, signed by its direction,
    /// and the running sum along a row is the coverage.
    pub(super) fn fill(&mut self, outlines: &[Vec<Point>], paint: Paint) {
        let (mut left, mut right, mut top, mut bottom) = (f32::MAX, f32::MIN, f32::MAX, f32::MIN);
        for &(x, y) in outlines.iter().flatten() {
            (left, right) = (left.min(x * self.scale), right.max(x * self.scale));
            (top, bottom) = (top.min(y * self.scale), bottom.max(y * self.scale));
        }
        let clip = |value: f32, most: usize| value.clamp(0.0, most as f32) as usize;
        let (x0, x1) = (clip(left.floor(), self.columns), clip(right.ceil(), self.columns));
        let (y0, y1) = (clip(top.floor(), self.rows), clip(bottom.ceil(), self.rows));
        if x0 >= x1 || y0 >= y1 {
            return;
        }
        let mut sums = Sums::new(x1 - x0, y1 - y0);
        let place = |&(x, y): &Point| (x * self.scale - x0 as f32, y * self.scale - y0 as f32);
        for outline in outlines {
            let ends = outline.iter().cycle().skip(1);
            for (from, to) in outline.iter().zip(ends) {
                sums.edge(place(from), place(to));
            }
        }
        let lines =
            self.pixels.chunks_exact_mut(self.columns).skip(y0).zip(sums.values.chunks_exact(sums.stride));
        for (row, (line, sums)) in lines.enumerate() {
            let mut covered = 0.0_f32;
            for (column, (pixel, sum)) in line.iter_mut().skip(x0).zip(sums).take(x1 - x0).enumerate() {
                covered += sum;
                let coverage = covered.abs().min(1.0);
                if coverage > 0.002 {
                    let x = ((x0 + column) as f32 + 0.5) / self.scale;
                    let y = ((y0 + row) as f32 + 0.5) / self.scale;
                    let (colour, alpha) = paint.at(x, y);
                    *pixel = mix(*pixel, colour, coverage * alpha);
                }
            }
        }
    }

    /// One outline.
    pub(super) fn polygon(&mut self, points: &[Point], paint: Paint) {
        self.fill(&[points.to_vec()], paint);
    }

    /// From the upper left corner.
    pub(super) fn rect(&mut self, (x, y): Point, width: f32, height: f32, paint: Paint) {
        self.polygon(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)], paint);
    }

    /// All of the canvas.
    pub(super) fn cover(&mut self, paint: Paint) {
        let height = self.height();
        self.rect((0.0, 0.0), WIDTH, height, paint);
    }

    /// A disc.
    pub(super) fn disc(&mut self, centre: Point, radius: f32, paint: Paint) {
        self.fill(&[arc(centre, radius, radius, 0.0, TURN)], paint);
    }

    /// An ellipse with level axes.
    pub(super) fn ellipse(&mut self, centre: Point, across: f32, down: f32, paint: Paint) {
        self.fill(&[arc(centre, across, down, 0.0, TURN)], paint);
    }

    /// A part of a ring, from one angle to another (clockwise from the right, in radians); the radius is that of
    /// its middle.
    pub(super) fn ring(
        &mut self,
        centre: Point,
        radius: f32,
        thick: f32,
        (from, to): (f32, f32),
        paint: Paint,
    ) {
        let outer = arc(centre, radius + thick / 2.0, radius + thick / 2.0, from, to);
        let mut inner = arc(centre, radius - thick / 2.0, radius - thick / 2.0, from, to);
        inner.reverse();
        if to - from >= TURN {
            self.fill(&[outer, inner], paint);
        } else {
            self.fill(&[[outer, inner].concat()], paint);
        }
    }

    /// A straight line with blunt ends.
    pub(super) fn line(&mut self, from: Point, to: Point, thick: f32, paint: Paint) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let long = dx.hypot(dy).max(0.001);
        let (nx, ny) = (-dy / long * thick / 2.0, dx / long * thick / 2.0);
        self.polygon(
            &[
                (from.0 + nx, from.1 + ny),
                (to.0 + nx, to.1 + ny),
                (to.0 - nx, to.1 - ny),
                (from.0 - nx, from.1 - ny),
            ],
            paint,
        );
    }

    /// Everything below a curve down to a floor.
    pub(super) fn below(&mut self, curve: impl Fn(f32) -> f32, floor: f32, paint: Paint) {
        let mut points: Vec<_> = steps().map(|x| (x, curve(x))).collect();
        points.extend([(WIDTH + 6.0, floor), (-6.0, floor)]);
        self.fill(&[points], paint);
    }

    /// A line that follows a curve.
    pub(super) fn along(&mut self, curve: impl Fn(f32) -> f32, thick: f32, paint: Paint) {
        let upper = steps().map(|x| (x, curve(x) - thick / 2.0));
        let lower = steps().map(|x| (x, curve(x) + thick / 2.0));
        let mut back: Vec<_> = lower.collect();
        back.reverse();
        self.fill(&[upper.chain(back).collect()], paint);
    }
}

/// A whole turn, in radians.
pub(super) const TURN: f32 = std::f32::consts::TAU;

/// Places across the whole canvas and a little beyond.
fn steps() -> impl Iterator<Item = f32> {
    (-2..=402_i16).map(|step| f32::from(step) * 3.0)
}

/// Points on an elliptic arc.
pub(super) fn arc((x, y): Point, across: f32, down: f32, from: f32, to: f32) -> Vec<Point> {
    let count = ((to - from).abs() / TURN * (24.0 + across.max(down) * 0.7)).clamp(6.0, 400.0).ceil();
    (0..=count as u16)
        .map(|step| {
            let (sin, cos) = (from + (to - from) * f32::from(step) / count).sin_cos();
            (x + cos * across, y + sin * down)
        })
        .collect()
}

/// Signed areas of a shape, row by row.
struct Sums {
    columns: usize,
    rows: usize,
    stride: usize,
    values: Vec<f32>,
}

impl Sums {
    fn new(columns: usize, rows: usize) -> Self {
        let stride = columns + 2;
        Self { columns, rows, stride, values: vec![0.0; stride * rows] }
    }

    fn edge(&mut self, from: Point, to: Point) {
        let (direction, upper, lower) = if from.1 < to.1 { (1.0, from, to) } else { (-1.0, to, from) };
        let (top, bottom) = (upper.1.max(0.0), lower.1.min(self.rows as f32));
        if bottom <= top {
            return;
        }
        let slope = (lower.0 - upper.0) / (lower.1 - upper.1);
        let most = self.columns as f32;
        for row in top as usize..(bottom.ceil() as usize).min(self.rows) {
            let (y0, y1) = (top.max(row as f32), bottom.min(row as f32 + 1.0));
            let xs = [y0, y1].map(|y| (upper.0 + (y - upper.1) * slope).clamp(0.0, most));
            let [x0, x1] = if xs[0] <= xs[1] { xs } else { [xs[1], xs[0]] };
            let height = (y1 - y0) * direction;
            let start = row * self.stride;
            let mut x = x0;
            loop {
                let column = x.floor();
                let end = x1.min(column + 1.0);
                let share = if x1 > x0 { height * (end - x) / (x1 - x0) } else { height };
                let middle = x.midpoint(end) - column;
                self.add(start + column as usize, share * (1.0 - middle));
                self.add(start + column as usize + 1, share * middle);
                if end >= x1 {
                    break;
                }
                x = end;
            }
        }
    }

    fn add(&mut self, place: usize, value: f32) {
        if let Some(sum) = self.values.get_mut(place) {
            *sum += value;
        }
    }
}

/// Repeatable chance (the `SplitMix64` sequence).
#[derive(Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(kind: Illustration, seed: u64) -> Self {
        Self(scramble(seed ^ scramble(kind as u64 + 1)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.0)
    }

    /// From 0 to 1, without 1.
    pub(super) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / 16_777_216.0
    }

    /// Between two values.
    pub(super) fn range(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit()
    }

    /// True as often as the share says.
    pub(super) fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// One of several; the last resort is for an empty list.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T], otherwise: T) -> T {
        let index = (self.unit() * from.len() as f32) as usize;
        from.get(index).copied().unwrap_or(otherwise)
    }

    /// A new noise.
    pub(super) fn noise(&mut self) -> Noise {
        Noise(self.next())
    }
}

fn scramble(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Smooth random values from 0 to 1 over a line or a plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise(u64);

impl Noise {
    fn corner(self, x: f32, y: f32) -> f32 {
        let place = ((x as i64 as u64) << 32) ^ (y as i64 as u64 & 0xFFFF_FFFF);
        (scramble(self.0 ^ scramble(place)) >> 40) as f32 / 16_777_216.0
    }

    /// At one point of the plane, with one bump a unit.
    fn at(self, x: f32, y: f32) -> f32 {
        let (x0, y0) = (x.floor(), y.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty) = (ease(x - x0), ease(y - y0));
        let blend = |a: f32, b: f32, t: f32| a + (b - a) * t;
        blend(
            blend(self.corner(x0, y0), self.corner(x0 + 1.0, y0), tx),
            blend(self.corner(x0, y0 + 1.0), self.corner(x0 + 1.0, y0 + 1.0), tx),
            ty,
        )
    }

    /// Several noises of doubling fineness and halving strength.
    pub(super) fn layered(self, x: f32, y: f32, octaves: u8) -> f32 {
        let (mut sum, mut strength, mut total, mut fine) = (0.0, 1.0, 0.0, 1.0);
        for octave in 0..octaves {
            let shift = f32::from(octave) * 17.3;
            sum += self.at(x * fine + shift, y * fine - shift) * strength;
            total += strength;
            (strength, fine) = (strength * 0.5, fine * 2.0);
        }
        sum / total
    }
}
