//! A hiking map: its relief, its path, its compass.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::canvas::{Canvas, Paint, Point, Rgb, Rng, TURN, WIDTH, arc, mix, rgb};

/// Heights on a grid, read smoothly between its points.
struct Relief {
    columns: usize,
    values: Vec<f32>,
}

impl Relief {
    const STEP: f32 = 8.0;

    fn new(chance: &mut Rng, height: f32) -> Self {
        let (broad, fine) = (chance.noise(), chance.noise());
        let columns = (WIDTH / Self::STEP) as usize + 4;
        let rows = (height / Self::STEP) as usize + 4;
        let values = (0..columns * rows)
            .map(|index| {
                let (x, y) = ((index % columns) as f32 * Self::STEP, (index / columns) as f32 * Self::STEP);
                let bend = fine.layered(x / 300.0, y / 300.0, 2) * 110.0;
                let value = broad.layered((x + bend) / 330.0, (y - bend) / 330.0, 3);
                (value - 0.5) * 1.45 + 0.5
            })
            .collect();
        Self { columns, values }
    }

    /// Height and how steeply it changes, per unit. Between grid points a quadratic spline, whose slope has no
    /// jumps, since lines of equal height would show them as corners.
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let (gx, gy) = (x / Self::STEP + 0.5, y / Self::STEP + 0.5);
        let (tx, ty) = (gx.fract(), gy.fract());
        let weights = |t: f32| [0.5 * (1.0 - t) * (1.0 - t), 0.5 + t - t * t, 0.5 * t * t];
        let slopes = |t: f32| [t - 1.0, 1.0 - 2.0 * t, t];
        let (wx, wy, sx, sy) = (weights(tx), weights(ty), slopes(tx), slopes(ty));
        let (mut value, mut across, mut down) = (0.0, 0.0, 0.0);
        for (row, (wy, sy)) in wy.into_iter().zip(sy).enumerate() {
            let start = (gy as usize + row) * self.columns + gx as usize;
            let corners = self.values.get(start..start + 3).unwrap_or_default();
            for (corner, (wx, sx)) in corners.iter().zip(wx.into_iter().zip(sx)) {
                value += corner * wx * wy;
                across += corner * sx * wy;
                down += corner * wx * sy;
            }
        }
        (value, across.hypot(down) / Self::STEP)
    }
}

/// A map with tints, contour lines, water, a dashed path and a mark at its end.
pub(super) fn contour_map(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let sets = [
        // water, four tints upward, line, path
        [0xA9_CF_D4, 0xE9_E6_C9, 0xD5_DB_AF, 0xE8_CF_9E, 0xDD_AE_84, 0x7C_5A_44, 0xC2_3B_2E],
        [0x1F_4E_5F, 0x2F_6B_68, 0x5C_8F_76, 0xA9_B8_85, 0xE6_DD_B5, 0xF5_EF_DA, 0xF2_8C_4B],
        [0xC7_D6_E2, 0xF7_F1_E6, 0xF0_E2_CF, 0xE7_CC_B5, 0xD9_AE_98, 0x5B_54_6B, 0xD1_49_5B],
    ];
    let [water, low, meadow, slope, peak, line, path] = chance.pick(&sets, [0; 7]).map(rgb);
    let relief = Relief::new(chance, height);
    let pale_lines = line.iter().sum::<f32>() > 1.5;
    let (levels, shore) = (16.0, 5.0);
    canvas.shade(|x, y| {
        let (value, steep) = relief.at(x, y);
        let at = value * levels;
        let up = (at.floor() - shore) / (levels - shore - 3.0);
        let tint = match at {
            l if l < shore => mix(water, low, 0.10 * (at.floor() - 1.0).max(0.0) / shore),
            _ if up < 0.33 => mix(low, meadow, up / 0.33),
            _ if up < 0.66 => mix(meadow, slope, (up - 0.33) / 0.33),
            _ => mix(slope, peak, (up - 0.66) / 0.34),
        };
        // The distance to the next line, in units, follows from the height above it and the slope.
        let nearest = at.round();
        let distance = (at - nearest).abs() / (steep * levels).max(0.000_1);
        let (thick, alpha) = match nearest {
            n if (n - shore).abs() < 0.1 => (2.6, 0.9),
            n if n < shore => (1.1, 0.22),
            n if n % 5.0 == 0.0 => (2.2, 0.75),
            _ => (1.2, 0.50),
        };
        mix(tint, line, (thick / 2.0 + 0.5 - distance).clamp(0.0, 1.0) * alpha)
    });
    for step in 1..6_u8 {
        let at = f32::from(step) * 200.0;
        canvas.line((at, 0.0), (at, height), 1.2, Paint::Clear(line, 0.22));
        canvas.line((0.0, at), (WIDTH, at), 1.2, Paint::Clear(line, 0.22));
    }
    let paper = rgb(0xFF_F9_EC);
    trail(canvas, chance, &relief, shore / levels, [paper, path]);
    let needle = if pale_lines { rgb(0x2F_4A_50) } else { line };
    compass(canvas, (WIDTH - 118.0, 118.0), [paper, needle, path]);
}

/// A path over land from a low place on the left to the highest on the right, marked at both ends.
fn trail(canvas: &mut Canvas, chance: &mut Rng, relief: &Relief, shore: f32, [paper, ink]: [Rgb; 2]) {
    let height = canvas.height();
    let grid = Grid::over(chance, relief, shore, height);
    let places = || (0..grid.cost.len()).map(|index| (index, grid.place(index)));
    let inner = |(_, (x, y)): &(usize, Point), from: f32, to: f32| {
        (from..to).contains(&(x / WIDTH)) && (0.22..0.88).contains(&(y / height))
    };
    let high = |(_, (x, y)): &(usize, Point)| relief.at(*x, *y).0;
    let land = |place: &(usize, Point)| high(place) > shore + 0.01;
    let goal = places().filter(|place| inner(place, 0.55, 0.82)).max_by(|a, b| high(a).total_cmp(&high(b)));
    let start = places()
        .filter(|place| inner(place, 0.08, 0.30) && land(place))
        .min_by(|a, b| high(a).total_cmp(&high(b)));
    let (Some((start, _)), Some((goal, _))) = (start, goal) else { return };
    // A walker does not keep to the middle of a cell.
    let mut points: Vec<Point> = grid.way(start, goal).into_iter().map(|index| grid.place(index)).collect();
    for (x, y) in &mut points {
        *x += chance.range(-11.0, 11.0);
        *y += chance.range(-11.0, 11.0);
    }
    // Corners are cut four times (Chaikin), which leaves the ends where they are.
    for _ in 0..4_u8 {
        let ends = (points.first().copied(), points.last().copied());
        let cut = points.windows(2).flat_map(|pair| match pair {
            &[(ax, ay), (bx, by)] => {
                vec![
                    (ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25),
                    (ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75),
                ]
            }
            _ => Vec::new(),
        });
        points = ends.0.into_iter().chain(cut).chain(ends.1).collect();
    }
    let mut long = 0.0_f32;
    let steps: Vec<_> = points
        .windows(2)
        .filter_map(|pair| match pair {
            &[from, to] => {
                let at = long;
                long += (to.0 - from.0).hypot(to.1 - from.1);
                Some((from, to, at))
            }
            _ => None,
        })
        .collect();
    for (thick, colour, dashed) in [(10.0, paper, false), (5.0, ink, true)] {
        for &(from, to, at) in &steps {
            if !dashed || at % 27.0 < 18.0 {
                canvas.line(from, to, thick, Paint::Flat(colour));
                canvas.disc(to, thick / 2.0, Paint::Flat(colour));
            }
        }
    }
    let (Some(&start), Some(&place)) = (points.first(), points.last()) else { return };
    canvas.disc(start, 13.0, Paint::Flat(paper));
    canvas.ring(start, 9.0, 5.0, (0.0, TURN), Paint::Flat(ink));
    let pin = (place.0, place.1 - 46.0);
    let mut drop = arc(pin, 25.0, 25.0, TURN * 0.44, TURN * 1.06);
    drop.push((place.0, place.1 + 4.0));
    canvas.ellipse((place.0, place.1 + 4.0), 16.0, 5.0, Paint::Clear(rgb(0x20_1A_1A), 0.28));
    canvas.polygon(&drop, Paint::Flat(ink));
    canvas.disc(pin, 10.0, Paint::Flat(paper));
}

/// What it costs a walker to cross each cell of a coarse grid.
struct Grid {
    columns: usize,
    cost: Vec<u32>,
}

impl Grid {
    const STEP: f32 = 30.0;

    fn over(chance: &mut Rng, relief: &Relief, shore: f32, height: f32) -> Self {
        let columns = (WIDTH / Self::STEP) as usize;
        let rows = (height / Self::STEP) as usize;
        let mut grid = Self { columns, cost: Vec::new() };
        grid.cost = (0..columns * rows)
            .map(|index| {
                let (x, y) = grid.place(index);
                let (value, steep) = relief.at(x, y);
                // Water is crossed where there is no other way, as by a ferry.
                let whim = chance.range(0.0, 16.0);
                if value < shore + 0.012 { 900 } else { 8 + (whim + steep * 9000.0) as u32 }
            })
            .collect();
        grid
    }

    fn place(&self, index: usize) -> Point {
        (
            ((index % self.columns) as f32 + 0.5) * Self::STEP,
            ((index / self.columns) as f32 + 0.5) * Self::STEP,
        )
    }

    /// The cheapest way (Dijkstra's).
    fn way(&self, start: usize, goal: usize) -> Vec<usize> {
        let mut before = vec![usize::MAX; self.cost.len()];
        let mut open = BinaryHeap::from([Reverse((0_u32, start, start))]);
        while let Some(Reverse((spent, cell, from))) = open.pop() {
            match before.get_mut(cell) {
                Some(known) if *known == usize::MAX => *known = from,
                _ => continue,
            }
            if cell == goal {
                break;
            }
            let (column, width) = (cell % self.columns, self.columns);
            for (aside, factor) in [(0, 10), (1, 10), (2, 14)] {
                let neighbours = match aside {
                    0 => [cell.checked_sub(width), Some(cell + width), None, None],
                    1 => {
                        [(column > 0).then(|| cell - 1), (column + 1 < width).then_some(cell + 1), None, None]
                    }
                    _ => [
                        (column > 0).then(|| cell.checked_sub(width + 1)).flatten(),
                        (column + 1 < width).then(|| cell.checked_sub(width - 1)).flatten(),
                        (column > 0).then_some(cell + width - 1),
                        (column + 1 < width).then_some(cell + width + 1),
                    ],
                };
                for next in neighbours.into_iter().flatten() {
                    if let Some(cost) = self.cost.get(next) {
                        open.push(Reverse((spent.saturating_add(cost * factor), next, cell)));
                    }
                }
            }
        }
        let mut way = vec![goal];
        while let Some(&cell) = way.last()
            && cell != start
            && let Some(&from) = before.get(cell)
            && from != usize::MAX
        {
            way.push(from);
        }
        way.reverse();
        way
    }
}

/// A compass rose of four points.
fn compass(canvas: &mut Canvas, (x, y): Point, [paper, line, accent]: [Rgb; 3]) {
    canvas.disc((x, y), 58.0, Paint::Clear(paper, 0.88));
    canvas.ring((x, y), 50.0, 2.0, (0.0, TURN), Paint::Flat(line));
    for quarter in 0..4_u8 {
        let angle = TURN / 4.0 * f32::from(quarter) - TURN / 4.0;
        let at = |angle: f32, far: f32| (x + angle.cos() * far, y + angle.sin() * far);
        let colour = if quarter == 0 { accent } else { line };
        let long = if quarter % 2 == 0 { 44.0 } else { 34.0 };
        canvas.polygon(&[at(angle, long), at(angle + TURN / 8.0, 9.0), (x, y)], Paint::Flat(colour));
        canvas.polygon(
            &[at(angle, long), at(angle - TURN / 8.0, 9.0), (x, y)],
            Paint::Flat(mix(colour, paper, 0.4)),
        );
    }
}
