//! Scenes out of doors: hills, sea, orchard.

use super::canvas::{Canvas, Paint, Point, Rgb, Rng, TURN, WIDTH, arc, mix, rgb};

/// Colours of [`hills`].
#[derive(Clone, Copy)]
struct Weather {
    sky: Rgb,
    low_sky: Rgb,
    sun: Rgb,
    far: Rgb,
    near: Rgb,
}

const MORNING: Weather = Weather {
    sky: rgb(0xF3_DC_C0),
    low_sky: rgb(0xF4_B4_8A),
    sun: rgb(0xFF_F1_D6),
    far: rgb(0xDD_92_78),
    near: rgb(0x2B_2E_45),
};

const WEATHERS: [Weather; 4] = [
    MORNING,
    Weather {
        sky: rgb(0xBF_D8_D2),
        low_sky: rgb(0xF3_E8_CF),
        sun: rgb(0xF5_B6_6E),
        far: rgb(0x9C_BD_B2),
        near: rgb(0x17_3F_42),
    },
    Weather {
        sky: rgb(0x40_3F_6B),
        low_sky: rgb(0xEC_9A_86),
        sun: rgb(0xFF_DD_AD),
        far: rgb(0xA6_70_8C),
        near: rgb(0x1B_1A_33),
    },
    Weather {
        sky: rgb(0xA9_C6_DB),
        low_sky: rgb(0xF6_EF_E3),
        sun: rgb(0xFF_FA_EC),
        far: rgb(0x9F_B6_CB),
        near: rgb(0x24_3B_53),
    },
];

/// Ridges one behind the other, paler with distance, conifers on the nearer ones.
pub(super) fn hills(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let weather = chance.pick(&WEATHERS, MORNING);
    canvas.cover(Paint::Down(0.0, weather.sky, height * 0.62, weather.low_sky));
    let sun = (chance.range(0.24, 0.76) * WIDTH, height * chance.range(0.26, 0.36));
    let radius = chance.range(52.0, 74.0);
    canvas.disc(sun, radius * 6.0, Paint::Glow(weather.sun, sun, radius * 6.0, 0.75));
    canvas.disc(sun, radius, Paint::Flat(weather.sun));
    let side = if sun.0 < WIDTH / 2.0 { 1.0 } else { -1.0 };
    birds(canvas, chance, (sun.0 + 250.0 * side, sun.1 - 20.0), mix(weather.near, weather.far, 0.35));

    let count = 6_u8;
    for layer in 0..count {
        let near = f32::from(layer) / f32::from(count - 1);
        let noise = chance.noise();
        let base = height * (0.50 + 0.46 * near.powf(1.15));
        let tall = height * (0.20 - 0.06 * near);
        let fine = 1.0 / (170.0 + 260.0 * near);
        let octaves = if near < 0.5 { 4 } else { 3 };
        let ridge = move |x: f32| base - tall * (noise.layered(x * fine + 40.0, 0.5, octaves) * 1.5 - 0.35);
        let colour = mix(weather.far, weather.near, near.powf(0.85));
        if layer >= 2 {
            conifers(canvas, chance, ridge, 10.0 + 62.0 * near * near, mix(colour, weather.near, 0.18));
        }
        let haze = mix(colour, weather.low_sky, 0.62 * (1.0 - near) + 0.06);
        canvas.below(ridge, height + 8.0, Paint::Down(base - tall * 0.8, colour, base + height * 0.14, haze));
    }
}

/// Clusters of conifers that stand on a ridge; the ridge is drawn over their feet.
fn conifers(canvas: &mut Canvas, chance: &mut Rng, ridge: impl Fn(f32) -> f32, size: f32, colour: Rgb) {
    let grove = chance.noise();
    let mut x = -20.0;
    while x < WIDTH + 20.0 {
        x += size * chance.range(0.16, 0.55);
        let density = grove.layered(x / 230.0, 3.0, 2);
        if density < 0.53 {
            continue;
        }
        let tall = size * chance.range(0.55, 1.0) * (0.5 + density);
        let (foot, wide) = (ridge(x) + size * 0.12, tall * 0.19);
        for (from, to, share) in [(0.0, 0.55, 1.0), (0.28, 0.78, 0.78), (0.52, 1.0, 0.52)] {
            let points = [
                (x - wide * share, foot - tall * from),
                (x, foot - tall * to),
                (x + wide * share, foot - tall * from),
            ];
            canvas.polygon(&points, Paint::Flat(colour));
        }
    }
}

/// A few birds far off.
pub(super) fn birds(canvas: &mut Canvas, chance: &mut Rng, (x, y): Point, colour: Rgb) {
    for _ in 0..5_u8 {
        let (x, y, span) =
            (x + chance.range(-70.0, 70.0), y + chance.range(-32.0, 32.0), chance.range(6.0, 11.0));
        let lift = span * chance.range(0.35, 0.6);
        for side in [-1.0, 1.0] {
            let tip = (x + span * side, y - lift);
            let elbow = (x + span * 0.45 * side, y - lift * 0.95);
            canvas.polygon(
                &[(x, y), elbow, tip, (x + span * 0.42 * side, y - lift * 0.45)],
                Paint::Flat(colour),
            );
        }
    }
}

/// Rows of waves in the manner of a woodcut, under a striped sun.
pub(super) fn waves(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let sets = [
        [rgb(0xF4_E7_D0), rgb(0xE2_5D_43), rgb(0x9F_CB_C6), rgb(0x12_36_4F), rgb(0xFB_F4_E6)],
        [rgb(0xF6_D9_BD), rgb(0xC9_40_3F), rgb(0x8F_B3_C9), rgb(0x1E_2A_4A), rgb(0xFD_F1_E2)],
        [rgb(0xE4_EA_DF), rgb(0xF0_A3_3F), rgb(0xA5_D0_BC), rgb(0x0F_45_4B), rgb(0xFA_F7_EC)],
    ];
    let [sky, sun, far, near, foam] = chance.pick(&sets, [rgb(0xFF_FF_FF); 5]);
    canvas.cover(Paint::Down(0.0, sky, height * 0.6, mix(sky, foam, 0.7)));
    let (centre, radius) = ((WIDTH * chance.range(0.3, 0.7), height * 0.37), height * 0.235);
    canvas.disc(centre, radius, Paint::Flat(sun));
    for stripe in 0..6_u8 {
        let step = f32::from(stripe);
        let y = centre.1 + radius * (0.10 + step * 0.12);
        canvas.rect(
            (centre.0 - radius - 4.0, y),
            radius * 2.0 + 8.0,
            2.0 + step * 1.5,
            Paint::Flat(mix(sky, foam, 0.4)),
        );
    }
    let side = if centre.0 < WIDTH / 2.0 { 1.0 } else { -1.0 };
    birds(canvas, chance, (centre.0 + radius * 1.9 * side, height * 0.22), mix(near, sky, 0.25));

    let count = 7_u8;
    for layer in 0..count {
        let share = f32::from(layer) / f32::from(count - 1);
        let base = height * (0.52 + 0.40 * share.powf(1.12));
        let long = 95.0 + 150.0 * share;
        let deep = 15.0 + 40.0 * share;
        let (shift, swell_shift) = (chance.range(0.0, TURN), chance.range(0.0, TURN));
        let swell = 9.0 + 15.0 * share;
        let crest = move |x: f32| {
            let wave = (x / long * std::f32::consts::PI + shift).sin().abs();
            base + deep * wave.powf(0.8) + swell * (x / (long * 3.1) + swell_shift).sin() - deep * 0.5
        };
        let colour = mix(far, near, share.powf(0.9));
        let floor = height + 10.0;
        canvas.below(
            crest,
            floor,
            Paint::Down(base - deep, mix(colour, foam, 0.10), base + deep * 2.6, colour),
        );
        for line in 0..4_u8 {
            let step = f32::from(line);
            let gap = 5.0 + 8.0 * share;
            let thick = (2.2 + 3.4 * share) * (1.0 - 0.17 * step);
            let alpha = if line == 0 { 0.95 } else { 0.50 - 0.10 * step };
            canvas.along(move |x| crest(x) + step * gap, thick, Paint::Clear(foam, alpha));
        }
    }
}

/// Fruit trees in rows that run to a point on the horizon.
pub(super) fn orchard(canvas: &mut Canvas, chance: &mut Rng) {
    let height = canvas.height();
    let sets = [
        // sky, low sky, hills, grass, earth, leaf, fruit
        [0x9F_C9_D6, 0xF7_EC_D2, 0x8F_AF_A0, 0xA9_B9_63, 0xC8_C8_79, 0x3F_6B_45, 0xD8_4B_37],
        [0xF2_C9_9B, 0xFB_EB_CF, 0xB9_93_7A, 0xC9_A6_55, 0xDD_BF_74, 0x7A_6A_2F, 0xC4_3D_2B],
        [0xC9_D9_E4, 0xF9_F1_EA, 0x9D_AF_B8, 0xB5_C0_86, 0xD2_D2_A2, 0xE6_A9_B2, 0xF6_DA_DC],
    ];
    let [sky, low_sky, hill, grass, earth, leaf, fruit] = chance.pick(&sets, [0; 7]).map(rgb);
    let horizon = height * 0.44;
    canvas.rect((0.0, 0.0), WIDTH, horizon + 2.0, Paint::Down(0.0, sky, horizon, low_sky));
    let sun = (WIDTH * chance.range(0.62, 0.86), height * 0.15);
    canvas.disc(sun, 230.0, Paint::Glow(rgb(0xFF_FF_F2), sun, 230.0, 0.6));
    canvas.disc(sun, 40.0, Paint::Flat(rgb(0xFF_FC_EA)));
    clouds(canvas, chance, horizon);
    for (share, up) in [(0.35, 0.15), (0.75, 0.09)] {
        let noise = chance.noise();
        let colour = mix(low_sky, hill, share);
        let ridge =
            move |x: f32| horizon - height * up * (noise.layered(x / 330.0, 0.0, 3) * 1.5 - 0.35).max(0.02);
        canvas.below(
            ridge,
            horizon + 4.0,
            Paint::Down(horizon - height * up, colour, horizon, mix(colour, low_sky, 0.3)),
        );
    }
    canvas.rect(
        (0.0, horizon),
        WIDTH,
        height - horizon,
        Paint::Down(horizon, mix(grass, low_sky, 0.35), height, grass),
    );

    // Everything on the ground stands at (across, away): away = 1 at the lower edge, growing to the horizon.
    let meet = WIDTH * chance.range(0.40, 0.60);
    let spacing = 235.0;
    let ground =
        move |across: f32, away: f32| (meet + across / away, horizon + (height * 1.04 - horizon) / away);
    for row in -9..=9_i8 {
        let across = f32::from(row) * spacing;
        let (left, right) = (ground(across - 62.0, 1.0), ground(across + 62.0, 1.0));
        canvas.polygon(&[ground(across, 400.0), left, right], Paint::Fade(earth, horizon, 0.1, height, 0.9));
    }
    let mut away = 15.0_f32;
    while away > 0.92 {
        let mist = ((away - 1.0) / 17.0).clamp(0.0, 0.75);
        for row in -16..16_i8 {
            let across = (f32::from(row) + 0.5) * spacing;
            let foot = ground(across, away);
            let size = 118.0 / away * chance.range(0.9, 1.1);
            if foot.0 > -size && foot.0 < WIDTH + size {
                let leaf = mix(leaf, low_sky, mist);
                tree(canvas, chance, foot, size, [leaf, mix(fruit, low_sky, mist), mix(grass, leaf, 0.55)]);
            }
        }
        away /= 1.0 + 0.30 / away.powf(0.35);
    }
}

/// One tree on its foot: shadow, stem, crown in three tones, and fruit where it would be seen.
fn tree(canvas: &mut Canvas, chance: &mut Rng, (x, y): Point, size: f32, [leaf, fruit, shadow]: [Rgb; 3]) {
    canvas.ellipse((x - size * 0.22, y), size * 0.62, size * 0.12, Paint::Clear(shadow, 0.8));
    let bark = mix(leaf, rgb(0x3A_2A_22), 0.75);
    let stem = [
        (x - size * 0.065, y),
        (x - size * 0.04, y - size * 0.6),
        (x + size * 0.04, y - size * 0.6),
        (x + size * 0.065, y),
    ];
    canvas.polygon(&stem, Paint::Flat(bark));
    let puffs = [
        (-0.30, 0.70, 0.30),
        (0.30, 0.72, 0.29),
        (-0.02, 0.62, 0.34),
        (-0.13, 0.98, 0.31),
        (0.17, 0.96, 0.28),
    ];
    let dark = mix(leaf, rgb(0x1B_2A_2A), 0.24);
    let light = mix(leaf, rgb(0xFF_F3_C4), 0.22);
    // The light comes from the upper right, and reaches the upper puffs most.
    for (tone, shrink, dx, dy, skip) in
        [(dark, 1.0, 0.0, 0.0, 0), (leaf, 0.87, 0.03, -0.05, 0), (light, 0.52, 0.10, -0.12, 3)]
    {
        let outlines: Vec<_> = puffs
            .iter()
            .skip(skip)
            .map(|(px, py, r)| {
                arc(
                    (x + (px + dx) * size, y + (dy - py) * size),
                    r * size * shrink,
                    r * size * shrink,
                    0.0,
                    TURN,
                )
            })
            .collect();
        canvas.fill(&outlines, Paint::Flat(tone));
    }
    if size > 24.0 {
        for _ in 0..11_u8 {
            let (angle, far) = (chance.range(0.0, TURN), chance.unit().sqrt() * 0.46);
            let place = (x + angle.cos() * far * size, y + (angle.sin() * far * 0.85 - 0.80) * size);
            canvas.disc(place, size * 0.037, Paint::Flat(fruit));
        }
    }
}

/// Flat-bottomed clouds.
fn clouds(canvas: &mut Canvas, chance: &mut Rng, horizon: f32) {
    for third in 0..3_u8 {
        let x = (f32::from(third) * 0.27 + chance.range(0.02, 0.13)) * WIDTH;
        let (y, size) = (horizon * chance.range(0.16, 0.56), chance.range(26.0, 44.0));
        let outlines: Vec<_> = [(0.0, 0.62), (0.9, 1.0), (2.0, 0.8), (2.9, 0.5)]
            .iter()
            .map(|(dx, r)| arc((x + dx * size, y), r * size, r * size, TURN / 2.0, TURN))
            .collect();
        canvas.fill(&outlines, Paint::Clear(rgb(0xFF_FF_FF), 0.55));
    }
}
