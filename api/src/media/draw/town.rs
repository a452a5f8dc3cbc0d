//! Scenes of building: a harbour, a town at night.

use super::canvas::{Canvas, Paint, Point, Rgb, Rng, TURN, WIDTH, mix, rgb};
use super::land::birds;

/// Cranes, stacked containers and a ship before a low sun.
pub(super) fn harbour(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let sets = [
        // sky, low sky, sun, water, dark, three cargo colours
        [0x3D_5A_73, 0xF6_C4_8E, 0xFF_EE_CB, 0x2C_4A_5E, 0x1B_2A_3A, 0xD8_5A_3C, 0xE8_B0_4B, 0x4F_94_8F],
        [0xE9_9A_77, 0xFB_E0_B5, 0xFF_F6_DF, 0x8E_5A_62, 0x33_22_3A, 0xB8_40_4A, 0xF2_C1_66, 0x5F_7C_A0],
        [0x9D_C0_C4, 0xF5_EB_D6, 0xFF_FF_F5, 0x5B_8A_91, 0x1F_3B_44, 0xE0_6A_45, 0xE5_B8_55, 0x3E_6E_7F],
    ];
    let [sky, low_sky, sun_light, water, dark, red, yellow, blue] = chance.pick(&sets, [0; 8]).map(rgb);
    let cargo = [red, yellow, blue, mix(low_sky, rgb(0xFF_FF_FF), 0.4)];
    let horizon = height * 0.62;
    canvas.rect((0.0, 0.0), WIDTH, horizon + 2.0, Paint::Down(0.0, sky, horizon * 0.96, low_sky));
    let sun = (WIDTH * chance.range(0.52, 0.64), horizon - height * 0.12);
    canvas.disc(sun, 420.0, Paint::Glow(sun_light, sun, 420.0, 0.65));
    canvas.disc(sun, height * 0.115, Paint::Flat(sun_light));

    let far_shore = mix(low_sky, water, 0.55);
    let noise = chance.noise();
    canvas.below(
        move |x| horizon - height * 0.11 * (noise.layered(x / 260.0, 1.0, 3) - 0.30).max(0.015),
        horizon + 3.0,
        Paint::Down(horizon - height * 0.07, far_shore, horizon, mix(far_shore, low_sky, 0.45)),
    );
    let near_water = mix(water, dark, 0.45);
    canvas.rect(
        (0.0, horizon),
        WIDTH,
        height - horizon,
        Paint::Down(horizon, mix(water, low_sky, 0.5), height, near_water),
    );
    glitter(canvas, chance, (sun.0, horizon), sun_light);

    let quay = horizon + height * 0.085;
    ship(canvas, chance, (WIDTH * 0.585, quay + height * 0.065), dark, &cargo);
    stacks(canvas, chance, (24.0, quay), &cargo, dark);
    for (x, size) in [(122.0, 0.94), (352.0, 1.08)] {
        let foot = (x + chance.range(-14.0, 14.0), quay);
        crane(canvas, chance, foot, size * height / 800.0, dark, &cargo);
    }
    let edge = WIDTH * 0.535;
    canvas.rect((-5.0, quay), edge + 5.0, height * 0.05, Paint::Flat(dark));
    canvas.rect((-5.0, quay), edge + 5.0, 4.0, Paint::Clear(low_sky, 0.35));
    for pile in 0..12_u8 {
        canvas.rect(
            (20.0 + f32::from(pile) * 56.0, quay + height * 0.045),
            10.0,
            height * 0.05,
            Paint::Flat(dark),
        );
    }
    let foot = quay + height * 0.05;
    canvas.rect((-5.0, foot), edge + 5.0, height - foot, Paint::Fade(dark, foot, 0.75, height, 0.0));
    for _ in 0..38_u8 {
        let depth = chance.unit();
        let (x, y) = (chance.range(-60.0, WIDTH), horizon + (height - horizon) * (0.43 + 0.55 * depth));
        canvas.ellipse(
            (x, y),
            18.0 + 62.0 * depth,
            0.8 + 1.5 * depth,
            Paint::Clear(low_sky, 0.10 + 0.16 * chance.unit()),
        );
    }
    birds(canvas, chance, (WIDTH * 0.82, height * 0.24), mix(dark, sky, 0.2));
}

/// The path of light that the sun lays on the water.
fn glitter(canvas: &mut Canvas, chance: &mut Rng, (x, y): Point, light: Rgb) {
    let deep = canvas.height() - y;
    for step in 0..26_u8 {
        let share = f32::from(step) / 26.0;
        let wide = (150.0 - 70.0 * share) * chance.range(0.35, 1.0);
        let place = (x + chance.range(-34.0, 34.0) * (0.5 + share), y + 5.0 + deep * 0.95 * share.powf(1.25));
        canvas.ellipse(place, wide, 1.6 + 3.6 * share, Paint::Clear(light, 0.62 * (1.0 - share) + 0.05));
    }
}

/// A ship-to-shore crane; the point is where it stands, one unit of size is about 360 units tall.
fn crane(canvas: &mut Canvas, chance: &mut Rng, (x, y): Point, size: f32, dark: Rgb, cargo: &[Rgb]) {
    let ink = Paint::Flat(dark);
    let at = |dx: f32, dy: f32| (x + dx * size, y - dy * size);
    let mut beam = |from: Point, to: Point, thick: f32| canvas.line(from, to, thick * size, ink);
    for side in [-1.0, 1.0] {
        beam(at(62.0 * side, 0.0), at(44.0 * side, 236.0), 11.0);
        beam(at(62.0 * side, 92.0), at(-44.0 * side, 236.0), 4.0);
    }
    beam(at(-66.0, 92.0), at(66.0, 92.0), 10.0);
    beam(at(-150.0, 236.0), at(292.0, 236.0), 13.0);
    beam(at(-150.0, 216.0), at(292.0, 216.0), 3.5);
    for step in 0..17_u8 {
        let from = -150.0 + f32::from(step) * 26.0;
        beam(at(from, 216.0), at(from + 13.0, 236.0), 3.0);
        beam(at(from + 13.0, 236.0), at(from + 26.0, 216.0), 3.0);
    }
    beam(at(-44.0, 236.0), at(-8.0, 346.0), 9.0);
    beam(at(44.0, 236.0), at(-8.0, 346.0), 9.0);
    for end in [-146.0, 130.0, 284.0] {
        beam(at(-8.0, 344.0), at(end, 238.0), 3.2);
    }
    let trolley = chance.range(120.0, 250.0);
    let drop = chance.range(96.0, 168.0);
    for side in [-14.0, 14.0] {
        beam(at(trolley + side, 216.0), at(trolley + side, drop), 2.0);
    }
    canvas.rect(at(trolley - 24.0, 220.0), 48.0 * size, 12.0 * size, ink);
    canvas.rect(at(trolley - 34.0, drop), 68.0 * size, 5.0 * size, ink);
    canvas.rect(
        at(trolley - 32.0, drop - 5.0),
        64.0 * size,
        26.0 * size,
        Paint::Flat(chance.pick(cargo, dark)),
    );
    canvas.rect(at(60.0, 214.0), 30.0 * size, 25.0 * size, ink);
    canvas.rect(at(66.0, 209.0), 19.0 * size, 10.0 * size, Paint::Clear(rgb(0xFF_E3_9A), 0.9));
    canvas.rect(at(-132.0, 262.0), 58.0 * size, 28.0 * size, ink);
    for side in [-1.0, 1.0] {
        canvas.rect(at(62.0 * side - 22.0, 12.0), 44.0 * size, 12.0 * size, ink);
    }
}

/// Containers on the quay.
fn stacks(canvas: &mut Canvas, chance: &mut Rng, (x, y): Point, cargo: &[Rgb], dark: Rgb) {
    for column in 0..10_u8 {
        let most = chance.range(1.0, 4.6) as u8;
        for floor in 0..most {
            let place = (x + f32::from(column) * 60.0, y - 23.0 * (f32::from(floor) + 1.0));
            container(canvas, place, (57.0, 22.0), mix(chance.pick(cargo, dark), dark, 0.22), dark);
        }
    }
}

fn container(canvas: &mut Canvas, (x, y): Point, (wide, tall): (f32, f32), colour: Rgb, dark: Rgb) {
    canvas.rect((x, y), wide, tall, Paint::Flat(colour));
    for rib in 1..8_u8 {
        let at = x + wide * f32::from(rib) / 8.0;
        canvas.line((at, y + 2.5), (at, y + tall - 2.5), 1.2, Paint::Clear(dark, 0.28));
    }
    canvas.rect((x, y + tall - 2.0), wide, 2.0, Paint::Clear(dark, 0.35));
}

/// A container ship; the point is its waterline at the bow.
fn ship(canvas: &mut Canvas, chance: &mut Rng, (x, y): Point, dark: Rgb, cargo: &[Rgb]) {
    let long = WIDTH * 0.385;
    let deck = y - 58.0;
    for column in 0..8_u8 {
        let most = chance.range(2.0, 5.0) as u8;
        for floor in 0..most {
            let place = (x + 56.0 + f32::from(column) * 36.5, deck - 17.0 * (f32::from(floor) + 1.0));
            container(canvas, place, (34.5, 16.0), chance.pick(cargo, dark), dark);
        }
    }
    let white = rgb(0xF7_EF_E0);
    let house = x + long * 0.80;
    canvas.rect((house, deck - 96.0), 56.0, 98.0, Paint::Flat(white));
    canvas.rect((house - 10.0, deck - 104.0), 76.0, 16.0, Paint::Flat(white));
    for floor in 0..4_u8 {
        canvas.rect((house + 6.0, deck - 84.0 + f32::from(floor) * 20.0), 44.0, 7.0, Paint::Clear(dark, 0.6));
    }
    canvas.rect((house - 6.0, deck - 101.0), 68.0, 8.0, Paint::Clear(dark, 0.75));
    canvas.rect((house + 62.0, deck - 70.0), 22.0, 72.0, Paint::Flat(chance.pick(cargo, dark)));
    canvas.rect((house + 62.0, deck - 70.0), 22.0, 12.0, Paint::Flat(dark));
    canvas.line((house + 24.0, deck - 104.0), (house + 24.0, deck - 146.0), 3.0, Paint::Flat(dark));
    let hull = [(x, deck - 16.0), (x + 40.0, deck), (x + long, deck), (x + long - 12.0, y), (x + 34.0, y)];
    canvas.polygon(&hull, Paint::Flat(dark));
    let band = [(x + 25.0, y - 14.0), (x + long - 9.0, y - 14.0), (x + long - 12.0, y), (x + 34.0, y)];
    canvas.polygon(&band, Paint::Flat(mix(chance.pick(cargo, dark), dark, 0.25)));
    canvas.polygon(
        &[(x + 34.0, y), (x + long - 12.0, y), (x + long - 40.0, y + 74.0), (x + 64.0, y + 74.0)],
        Paint::Fade(dark, y, 0.5, y + 74.0, 0.0),
    );
}

/// A town across a river, its windows and their reflections.
pub(super) fn city_night(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let sets = [
        // sky, low sky, nearest wall, warm light, cold light
        [0x0E_15_30, 0x53_4A_7A, 0x0B_10_22, 0xFF_C8_6B, 0xA9_D6_E5],
        [0x10_20_33, 0x2F_6F_7C, 0x08_14_1F, 0xFF_D9_8A, 0xF5_8F_5B],
        [0x1B_10_2B, 0xB2_4F_5E, 0x12_0A_1D, 0xFF_B8_5C, 0xFF_E7_B8],
    ];
    let [sky, low_sky, wall, warm, cold] = chance.pick(&sets, [0; 5]).map(rgb);
    let bank = height * 0.83;
    canvas.cover(Paint::Down(0.0, sky, bank, low_sky));
    for _ in 0..110_u8 {
        let place = (chance.range(0.0, WIDTH), height * 0.55 * chance.unit() * chance.unit());
        canvas.disc(place, chance.range(0.6, 1.7), Paint::Clear(rgb(0xFF_FF_FF), chance.range(0.25, 0.85)));
    }
    let moon = (WIDTH * chance.range(0.14, 0.86), height * 0.17);
    let glow = rgb(0xFF_F3_D6);
    canvas.disc(moon, 250.0, Paint::Glow(glow, moon, 250.0, 0.38));
    canvas.disc(moon, 44.0, Paint::Flat(glow));
    for (dx, dy, r) in [(-14.0, -10.0, 9.0), (12.0, 6.0, 12.0), (-8.0, 18.0, 6.0), (17.0, -17.0, 5.0)] {
        canvas.disc((moon.0 + dx, moon.1 + dy), r, Paint::Clear(rgb(0xC9_B9_9A), 0.38));
    }
    for layer in 0..4_u8 {
        let near = f32::from(layer) / 3.0;
        let colour = mix(mix(low_sky, sky, 0.30), wall, 0.16 + 0.80 * near);
        let mut x = chance.range(-60.0, -10.0);
        while x < WIDTH {
            let wide = chance.range(52.0, 104.0) * (0.72 + 0.52 * near);
            let centre = 1.0 - ((x + wide / 2.0) / WIDTH - 0.5).abs() * 0.7;
            let tall = height * (0.62 - 0.33 * near) * chance.range(0.52, 1.0) * centre;
            let haze = mix(colour, low_sky, 0.35 * (1.0 - near));
            let house = House { x, top: bank - tall, wide, bank, near };
            house.draw(canvas, chance, [colour, haze], [warm, cold]);
            x += wide + chance.range(-6.0, 16.0) * near;
        }
    }
    river(canvas, chance, bank, [mix(low_sky, wall, 0.5), wall, warm, cold]);
}

struct House {
    x: f32,
    top: f32,
    wide: f32,
    bank: f32,
    near: f32,
}

impl House {
    fn draw(&self, canvas: &mut Canvas, chance: &mut Rng, [colour, haze]: [Rgb; 2], [warm, cold]: [Rgb; 2]) {
        let &Self { x, top, wide, bank, near } = self;
        let walls = Paint::Down(top, colour, bank, haze);
        canvas.rect((x, top), wide, bank - top + 2.0, walls);
        let flat = Paint::Flat(colour);
        let middle = x + wide / 2.0;
        match (chance.unit() * 6.0) as u8 {
            0 => {
                canvas.rect((middle - wide * 0.27, top - 18.0), wide * 0.54, 20.0, flat);
                canvas.line((middle, top - 16.0), (middle, top - 74.0), 2.6, flat);
                // Far ones are lost in the haze.
                if near > 0.2 {
                    canvas.disc((middle, top - 74.0), 2.6, Paint::Flat(rgb(0xFF_5A_4A)));
                }
            }
            1 => {
                let tank = (middle + wide * 0.12, top - 13.0);
                for leg in [-11.0, 0.0, 11.0] {
                    canvas.line((tank.0 + leg, top), (tank.0 + leg * 0.8, tank.1), 2.2, flat);
                }
                canvas.rect((tank.0 - 13.0, tank.1 - 25.0), 26.0, 26.0, flat);
                canvas.polygon(
                    &[
                        (tank.0 - 15.0, tank.1 - 24.0),
                        (tank.0, tank.1 - 38.0),
                        (tank.0 + 15.0, tank.1 - 24.0),
                    ],
                    flat,
                );
            }
            2 => {
                canvas.polygon(&[(x, top + 1.0), (x + wide, top + 1.0), (x + wide, top - wide * 0.34)], flat);
            }
            3 => {
                canvas.rect((x + wide * 0.14, top - 20.0), wide * 0.72, 22.0, flat);
                canvas.rect((x + wide * 0.30, top - 38.0), wide * 0.40, 20.0, flat);
            }
            4 => canvas.rect((x + wide * 0.62, top - 11.0), wide * 0.24, 12.0, flat),
            _ => {}
        }
        if near > 0.2 {
            self.windows(canvas, chance, [warm, cold]);
        }
    }

    fn windows(&self, canvas: &mut Canvas, chance: &mut Rng, [warm, cold]: [Rgb; 2]) {
        let cell = (10.0 + 7.0 * self.near, 15.0 + 9.0 * self.near);
        let columns = ((self.wide - 12.0) / cell.0).floor().max(1.0);
        let floors = ((self.bank - self.top - 16.0) / cell.1).floor().max(0.0);
        let margin = (self.wide - columns * cell.0) / 2.0;
        let lit = chance.range(0.10, 0.48);
        let tone = if chance.chance(0.22) { cold } else { warm };
        for floor in 0..floors as u16 {
            // Whole floors are dark or busy together, as in offices.
            let here = lit * chance.range(0.25, 1.6);
            for column in 0..columns as u16 {
                let place = (
                    self.x + margin + (f32::from(column) + 0.24) * cell.0,
                    self.top + 10.0 + (f32::from(floor) + 0.22) * cell.1,
                );
                let alpha = if chance.chance(here) {
                    chance.range(0.55, 1.0) * (0.5 + 0.5 * self.near)
                } else {
                    0.05
                };
                let light = if chance.chance(0.08) { cold } else { tone };
                canvas.rect(place, cell.0 * 0.52, cell.1 * 0.54, Paint::Clear(light, alpha));
            }
        }
    }
}

/// The river in front: dark, with streaks of light, and a row of lamps on the bank.
fn river(canvas: &mut Canvas, chance: &mut Rng, bank: f32, [water, wall, warm, cold]: [Rgb; 4]) {
    let height = canvas.height();
    canvas.rect((0.0, bank), WIDTH, height - bank, Paint::Down(bank, mix(wall, water, 0.35), height, water));
    for _ in 0..90_u8 {
        let (x, wide) = (chance.range(0.0, WIDTH), chance.range(2.0, 7.0));
        let end = bank + (height - bank) * chance.range(0.25, 0.95);
        let light = if chance.chance(0.25) { cold } else { warm };
        canvas.rect(
            (x, bank + 6.0),
            wide,
            end - bank,
            Paint::Fade(light, bank, chance.range(0.12, 0.42), end, 0.0),
        );
    }
    for step in 0..22_u8 {
        let share = f32::from(step) / 22.0;
        let y = bank + 10.0 + (height - bank) * share;
        for _ in 0..4_u8 {
            let place = (chance.range(0.0, WIDTH), y + chance.range(-3.0, 3.0));
            canvas.ellipse(place, chance.range(40.0, 130.0), 0.9 + share, Paint::Clear(wall, 0.42));
        }
    }
    canvas.rect((0.0, bank - 3.0), WIDTH, 8.0, Paint::Flat(mix(wall, rgb(0), 0.35)));
    for lamp in 0..13_u8 {
        let place = (44.0 + f32::from(lamp) * 93.0, bank - 22.0);
        canvas.line((place.0, bank), place, 2.4, Paint::Flat(mix(wall, rgb(0), 0.35)));
        canvas.disc(place, 26.0, Paint::Glow(warm, place, 26.0, 0.55));
        canvas.ring(place, 1.8, 3.6, (0.0, TURN), Paint::Flat(mix(warm, rgb(0xFF_FF_FF), 0.5)));
    }
}
