//! The magazine itself: its settings, its people, its tags.

use super::{Account, Author, Picture, Site, Social, Tag, Terms};
use pressroom_schema::{Role, TagKind};

/// The e-mail address of the editor's account.
pub(super) const INES: &str = "ines@example.org";
/// The e-mail address of the harbour writer's account.
pub(super) const ODHRAN: &str = "odhran@example.org";
/// The e-mail address of the radio writer's account.
pub(super) const TAMAO: &str = "tamao@example.org";
/// The e-mail address of the mapmaker's account.
pub(super) const MARIT: &str = "marit@example.org";
/// The e-mail address of the moderator's account.
pub(super) const WEN: &str = "wen@example.org";

/// The publication.
pub const SITE: Site = Site {
    title: "Fathom & Furrow",
    description: "A small magazine about the things people keep going: harbours, orchards, maps, presses and radios, \
                  and the hands that look after them.",
    language: "en",
    timezone: "Europe/Lisbon",
    terms: Terms {
        notice: "You may quote up to three hundred words of any piece if you name its author and link to it. For more, \
                 write to the desk: we usually say yes.",
        url: "https://example.org/fathom-and-furrow/terms",
    },
    social: &[
        Social {
            service: "mastodon",
            handle: "@desk@social.example.org",
            url: "https://social.example.org/@desk",
        },
        Social {
            service: "pixelfed",
            handle: "fathomandfurrow",
            url: "https://pictures.example.org/fathomandfurrow",
        },
    ],
    logo: Picture {
        file: include_bytes!("pictures/mark.png"),
        alt: "Fathom & Furrow: a square of printer's ornaments",
        caption: None,
    },
};

/// Who can log in.
pub const ACCOUNTS: &[Account] = &[
    Account { email: INES, name: "Inês Carvoeira", role: Role::Editor, author: Some("ines-carvoeira") },
    Account { email: ODHRAN, name: "Odhran Pellew", role: Role::Author, author: Some("odhran-pellew") },
    Account { email: TAMAO, name: "汐見 珠緒", role: Role::Author, author: Some("shiomi-tamao") },
    Account { email: MARIT, name: "Marit Oskarvik", role: Role::Contributor, author: Some("marit-oskarvik") },
    Account { email: WEN, name: "Wen Larkspur", role: Role::Moderator, author: None },
];

const fn portrait(file: &'static [u8], alt: &'static str) -> Picture {
    Picture { file, alt, caption: None }
}

/// Whose names stand over the posts.
pub const AUTHORS: &[Author] = &[
    Author {
        slug: "ines-carvoeira",
        name: "Inês Carvoeira",
        bio: "**Inês** started *Fathom & Furrow* in a net loft with two cases of type and a stove. She edits it, sets \
              it by hand and prunes what she can, including \
              [nine very old apple trees](/o-que-a-enxertia-lembra).\n\n\
              She writes in Portuguese when it matters and in English when it is late.",
        avatar: portrait(
            include_bytes!("pictures/ines-carvoeira.png"),
            "Portrait of Inês Carvoeira in four plain shapes",
        ),
        location: "Arvela",
        website: Some("https://ines.example.org"),
        social: &[Social {
            service: "mastodon",
            handle: "@ines@social.example.org",
            url: "https://social.example.org/@ines",
        }],
    },
    Author {
        slug: "odhran-pellew",
        name: "Odhran Pellew",
        bio: "Odhran keeps a small boat and a large drawer of timetables. He writes about tides, ferries and the \
              instruments that watch over them, and once missed a deadline because \
              [the last ferry](/the-last-ferry-is-never-the-last-ferry) was on time.",
        avatar: portrait(
            include_bytes!("pictures/odhran-pellew.png"),
            "Portrait of Odhran Pellew in four plain shapes",
        ),
        location: "The mole, Arvela",
        website: Some("https://pellew.example.com"),
        social: &[
            Social {
                service: "mastodon",
                handle: "@odhran@social.example.org",
                url: "https://social.example.org/@odhran",
            },
            Social {
                service: "github",
                handle: "slackwater-demo",
                url: "https://code.example.com/slackwater-demo",
            },
        ],
    },
    Author {
        slug: "marit-oskarvik",
        name: "Marit Oskarvik",
        bio: "Marit draws maps for fire brigades, orchards and people on foot, in that order of payment. She is \
              working on a plan of the upper town that shows **who sweeps what**.",
        avatar: portrait(
            include_bytes!("pictures/marit-oskarvik.png"),
            "Portrait of Marit Oskarvik in four plain shapes",
        ),
        location: "Upper town, Arvela",
        website: Some("https://oskarvik.example.com"),
        social: &[Social {
            service: "pixelfed",
            handle: "fourplanks",
            url: "https://pictures.example.org/fourplanks",
        }],
    },
    Author {
        slug: "shiomi-tamao",
        name: "汐見 珠緒",
        bio: "写真と短波ラジオ。港町アルヴェラに住んで九年、いまだに船酔いする。夜の雑音を録り、壊れたものを開いて撮る。\n\n\
              **Shiomi Tamao** photographs opened things and records the sound of rooms at night. She listens to short \
              waves with a pencil in her hand.",
        avatar: portrait(
            include_bytes!("pictures/shiomi-tamao.png"),
            "Portrait of Shiomi Tamao in four plain shapes",
        ),
        location: "Arvela / 尾波",
        website: Some("https://shiomi.example.org"),
        social: &[
            Social {
                service: "pixelfed",
                handle: "shiomi.tamao",
                url: "https://pictures.example.org/shiomi.tamao",
            },
            Social {
                service: "mastodon",
                handle: "@tamao@social.example.org",
                url: "https://social.example.org/@tamao",
            },
        ],
    },
    Author {
        slug: "yusra-penhallow",
        name: "Yusra Penhallow",
        bio: "Yusra is a letterpress printer two ferries up the coast. She sets menus, wedding cards and the \
              occasional apology, in whichever direction they run. *Guest author.*",
        avatar: portrait(
            include_bytes!("pictures/yusra-penhallow.png"),
            "Portrait of Yusra Penhallow in four plain shapes",
        ),
        location: "Porto Lume",
        website: Some("https://penhallow.example.com/press"),
        social: &[],
    },
];

const fn category(slug: &'static str, name: &'static str, description: &'static str) -> Tag {
    Tag { slug, name, kind: TagKind::Category, parent: None, description }
}

const fn tag(
    slug: &'static str,
    name: &'static str,
    parent: Option<&'static str>,
    description: &'static str,
) -> Tag {
    Tag { slug, name, kind: TagKind::Tag, parent, description }
}

/// Two sections with the tags beneath them, and a few that stand alone. Parents first.
pub const TAGS: &[Tag] = &[
    category("water-and-shore", "Water & Shore", "What the sea does, and what is built to live beside it."),
    category("craft-and-upkeep", "Craft & Upkeep", "Making, mending, and being shown how."),
    tag("tides", "Tides", Some("water-and-shore"), "The sea's own timetable, and ours of it."),
    tag("harbours", "Harbours", Some("water-and-shore"), "Walls, lights, ladders and the people on watch."),
    tag("ferries", "Ferries", Some("water-and-shore"), "Short crossings."),
    tag("maps", "Maps", Some("craft-and-upkeep"), "Leaving things out, on purpose."),
    tag("printing", "Printing", Some("craft-and-upkeep"), "Type, paper, and the spaces between."),
    tag("orchards", "Orchards", Some("craft-and-upkeep"), "Old trees and the knives that continue them."),
    tag("radio", "Radio", Some("craft-and-upkeep"), "Listening, mostly."),
    tag("repair", "Repair", Some("craft-and-upkeep"), "Opening what says not to be opened."),
    tag("interviews", "Interviews", None, "Somebody else talking."),
    tag("languages", "Languages", None, "Pieces in, about, or between several."),
    tag("desk", "From the Desk", None, "The magazine on itself."),
];
