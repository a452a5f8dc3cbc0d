//! The posts. What was published comes first, in order of date; then what is still on its way.

use pressroom_schema::{Relation, Visibility};

use super::content::{INES, MARIT, ODHRAN, TAMAO};
use super::{Body, Byline, Link, Picture, Post, Seo, State, Target, Terms, WorkingCopy};

/// What most posts have in common.
const POST: Post = Post {
    slug: "",
    title: "",
    subtitle: None,
    excerpt: None,
    body: Body::Markdown(""),
    state: State::Draft,
    visibility: Visibility::Public,
    featured: false,
    language: "en",
    authors: &[],
    tags: &[],
    image: picture(&[], "", None),
    owner: INES,
    comments_open: true,
    terms: None,
    seo: None,
    custom: None,
    links: &[],
    working_copy: None,
};

const fn by(author: &'static str) -> Byline {
    Byline { author, role: "author" }
}

const fn credit(author: &'static str, role: &'static str) -> Byline {
    Byline { author, role }
}

const fn on(at: &'static str) -> State {
    State::Published { at }
}

const fn picture(file: &'static [u8], alt: &'static str, caption: Option<&'static str>) -> Picture {
    Picture { file, alt, caption }
}

const fn to(relation: Relation, slug: &'static str, note: Option<&'static str>) -> Link {
    Link { relation, target: Target::Post(slug), note }
}

const fn cites(target: Target, note: Option<&'static str>) -> Link {
    Link { relation: Relation::Cites, target, note }
}

/// Every post of the magazine.
pub const POSTS: &[Post] = &[
    Post {
        slug: "the-tide-table-on-the-chandlers-door",
        title: "The Tide Table on the Chandler’s Door",
        subtitle: Some("How a sheet of paper knows the sea, part one"),
        excerpt: Some(
            "Weather forecasts are argued over in this town at every counter. The tide table is not argued over.",
        ),
        body: Body::Markdown(include_str!("posts/the-tide-table-on-the-chandlers-door.md")),
        state: on("2024-03-14T08:30:00.000Z"),
        authors: &[by("odhran-pellew")],
        tags: &["water-and-shore", "tides", "harbours"],
        image: picture(
            include_bytes!("pictures/the-tide-table-on-the-chandlers-door.jpg"),
            "Rows of scalloped waves, dark in front and paler towards the top",
            Some("Hour three. Half of everything happens in the middle third."),
        ),
        owner: ODHRAN,
        links: &[
            to(Relation::FollowUp, "the-brass-brain-and-the-paper-sea", Some("Part two: the machines")),
            cites(
                Target::External {
                    url: "https://library.example.org/twelfths",
                    title: "A Fraction of the Sea: Rules of Thumb from Four Harbours",
                    author: Some("Prudence Marlowe-Eck"),
                    publisher: Some("Slate Quay Press"),
                    published_at: Some("1998-05-01T00:00:00.000Z"),
                },
                Some("Where the rule of twelfths is called “a small and forgivable lie”"),
            ),
        ],
        ..POST
    },
    Post {
        slug: "the-brass-brain-and-the-paper-sea",
        title: "The Brass Brain and the Paper Sea",
        subtitle: Some("How a sheet of paper knows the sea, part two"),
        body: Body::Markdown(include_str!("posts/the-brass-brain-and-the-paper-sea.md")),
        state: on("2024-05-23T08:30:00.000Z"),
        authors: &[by("odhran-pellew")],
        tags: &["water-and-shore", "tides"],
        image: picture(
            include_bytes!("pictures/the-brass-brain-and-the-paper-sea.jpg"),
            "Cranes and a moored ship in silhouette at dusk",
            Some("Arvela from the outer mole, at what the table called 19:52."),
        ),
        owner: ODHRAN,
        links: &[
            to(
                Relation::Prior,
                "the-tide-table-on-the-chandlers-door",
                Some("Part one: the sheet on the door"),
            ),
            cites(
                Target::External {
                    url: "https://museum.example.com/objects/tide-predictor",
                    title: "Tide Predictor, Brass, Nine Wheels",
                    author: None,
                    publisher: Some("Museum of Slow Instruments"),
                    published_at: None,
                },
                Some("The small one, which is turned on Sundays"),
            ),
        ],
        ..POST
    },
    Post {
        slug: "name-the-dredger",
        title: "Name the Dredger: A Competition (Now Closed)",
        excerpt: Some(
            "She is second-hand, she is yellow, and there are four bolt holes where a name used to be.",
        ),
        body: Body::Markdown(include_str!("posts/name-the-dredger.md")),
        state: State::Archived {
            published_at: "2024-06-20T11:00:00.000Z",
            archived_at: "2024-08-09T09:15:00.000Z",
        },
        authors: &[by("ines-carvoeira")],
        tags: &["desk", "harbours"],
        image: picture(
            include_bytes!("pictures/name-the-dredger.jpg"),
            "Harbour cranes against an evening sky, a ship below them",
            None,
        ),
        comments_open: false,
        ..POST
    },
    Post {
        slug: "against-the-perfect-map",
        title: "Against the Perfect Map",
        subtitle: Some("Notes from three drawings of one hill"),
        body: Body::Markdown(include_str!("posts/against-the-perfect-map.md")),
        state: on("2024-07-04T07:45:00.000Z"),
        authors: &[by("marit-oskarvik")],
        tags: &["craft-and-upkeep", "maps"],
        image: picture(
            include_bytes!("pictures/against-the-perfect-map.jpg"),
            "A walking map of a hill with tinted heights, contour lines and a dotted path",
            Some("The third drawing: contours, paths, and the four planks."),
        ),
        owner: MARIT,
        links: &[cites(
            Target::External {
                url: "https://books.example.org/the-surveyors-other-notebook",
                title: "The Surveyor’s Other Notebook",
                author: Some("Halvard Quill-Ormsen"),
                publisher: Some("Trig Point Editions"),
                published_at: Some("2011-09-12T00:00:00.000Z"),
            },
            Some("Quoted on refusal and accuracy"),
        )],
        ..POST
    },
    Post {
        slug: "a-contour-is-a-promise",
        title: "A Contour Is a Promise",
        subtitle: Some("An answer to Marit Oskarvik"),
        body: Body::Markdown(include_str!("posts/a-contour-is-a-promise.md")),
        state: on("2024-09-19T08:00:00.000Z"),
        authors: &[by("odhran-pellew")],
        tags: &["craft-and-upkeep", "maps", "water-and-shore"],
        image: picture(
            include_bytes!("pictures/a-contour-is-a-promise.jpg"),
            "A map whose contour lines crowd together on one side and spread out on the other",
            Some("Five metres, and somebody stands by it."),
        ),
        owner: ODHRAN,
        links: &[
            to(Relation::ResponseTo, "against-the-perfect-map", Some("The essay that this one answers")),
            to(Relation::Related, "the-tide-table-on-the-chandlers-door", None),
        ],
        ..POST
    },
    Post {
        slug: "how-to-listen-to-nothing",
        title: "How to Listen to Nothing",
        subtitle: Some("Ten metres of wire and an evening on which nobody wants you"),
        body: Body::Markdown(include_str!("posts/how-to-listen-to-nothing.md")),
        state: on("2024-10-17T18:52:00.000Z"),
        authors: &[by("shiomi-tamao"), credit("odhran-pellew", "editor")],
        tags: &["craft-and-upkeep", "radio", "languages"],
        image: picture(
            include_bytes!("pictures/how-to-listen-to-nothing.jpg"),
            "The lit scale of an old wireless with its pointer near the middle",
            Some("Between two stations, where the piece begins."),
        ),
        owner: TAMAO,
        seo: Some(Seo {
            title: "How to listen to short waves at home: a beginner’s evening",
            description: "What the hiss between stations is made of, how to keep a listening log with the five-figure \
                          code, and why dusk is the time to start.",
        }),
        custom: Some(
            r#"{
  "layout": "log",
  "equipment": [{"item": "receiver", "cost": "cheap"}, {"item": "wire", "metres": 10}],
  "log": [
    {"utc": "18:52", "khz": 4885, "sinpo": [2, 4, 3, 2, 2]},
    {"utc": "19:20", "khz": 5000, "sinpo": [3, 5, 3, 4, 3]},
    {"utc": "19:41", "khz": 6070, "sinpo": [4, 2, 4, 3, 3]},
    {"utc": "20:15", "khz": 7305, "sinpo": [1, 5, 2, 1, 1], "doubt": "the kettle"}
  ]
}"#,
        ),
        links: &[
            to(
                Relation::Related,
                "night-shift-at-the-signal-house",
                Some("Somebody who listens for a living"),
            ),
            cites(
                Target::External {
                    url: "https://radio.example.com/listeners-code",
                    title: "The Listener’s Five Figures",
                    author: Some("The Dusk Circle"),
                    publisher: None,
                    published_at: Some("2003-11-02T00:00:00.000Z"),
                },
                None,
            ),
        ],
        ..POST
    },
    Post {
        slug: "night-shift-at-the-signal-house",
        title: "Night Shift at the Signal House",
        subtitle: Some("Dorotea Vaz on twenty-six winters of listening"),
        excerpt: Some(
            "“You would hear your own fridge if it stopped. It is the same. I do the crossword in the hiss.”",
        ),
        body: Body::Markdown(include_str!("posts/night-shift-at-the-signal-house.md")),
        state: on("2024-12-05T22:00:00.000Z"),
        authors: &[by("odhran-pellew"), credit("shiomi-tamao", "photographer")],
        tags: &["interviews", "radio", "harbours"],
        image: picture(
            include_bytes!("pictures/night-shift-at-the-signal-house.jpg"),
            "The windows of a town at night, lit yellow and doubled in the water below",
            Some("The upper town at four in the morning, from the ninth window."),
        ),
        owner: ODHRAN,
        links: &[to(Relation::Related, "how-to-listen-to-nothing", Some("To begin at home"))],
        ..POST
    },
    Post {
        slug: "the-case-is-a-map",
        title: "The Case Is a Map",
        subtitle: Some("What a drawer of type knows about a language"),
        body: Body::Markdown(include_str!("posts/the-case-is-a-map.md")),
        state: on("2025-01-16T09:00:00.000Z"),
        authors: &[by("ines-carvoeira")],
        tags: &["craft-and-upkeep", "printing", "languages"],
        image: picture(
            include_bytes!("pictures/the-case-is-a-map.png"),
            "Printer’s ornaments locked up in a grid of squares",
            Some("A forme of leftovers, set to use up the evening."),
        ),
        terms: Some(Terms {
            notice: "This piece may be copied and adapted by anyone who names its author: Creative Commons \
                     Attribution 4.0.",
            url: "https://example.org/fathom-and-furrow/terms/open-pieces",
        }),
        working_copy: Some(WorkingCopy {
            saved_at: "2025-05-02T16:20:00.000Z",
            title: Some("The Case Is a Map, with a Postscript"),
            subtitle: None,
            body: Some(Body::Markdown(include_str!("posts/the-case-is-a-map.working.md"))),
            tags: Some(&["craft-and-upkeep", "printing", "languages", "maps"]),
        }),
        ..POST
    },
    Post {
        slug: "o-que-a-enxertia-lembra",
        title: "O que a enxertia lembra",
        subtitle: Some("Trezentas macieiras, nove árvores"),
        body: Body::Markdown(include_str!("posts/o-que-a-enxertia-lembra.md")),
        state: on("2025-02-06T07:30:00.000Z"),
        language: "pt",
        authors: &[by("ines-carvoeira")],
        tags: &["craft-and-upkeep", "orchards", "languages"],
        image: picture(
            include_bytes!("pictures/o-que-a-enxertia-lembra.jpg"),
            "Filas de macieiras que se juntam no horizonte",
            Some("O pomar da cooperativa, antes da poda."),
        ),
        ..POST
    },
    Post {
        slug: "what-the-graft-remembers",
        title: "What the Graft Remembers",
        subtitle: Some("Three hundred apple trees, nine trees"),
        body: Body::Markdown(include_str!("posts/what-the-graft-remembers.md")),
        state: on("2025-02-13T07:30:00.000Z"),
        authors: &[by("ines-carvoeira"), credit("odhran-pellew", "translator")],
        tags: &["craft-and-upkeep", "orchards", "languages"],
        image: picture(
            include_bytes!("pictures/what-the-graft-remembers.jpg"),
            "Rows of apple trees that meet at the horizon under a pale sky",
            Some("The cooperative’s orchard, before pruning."),
        ),
        links: &[to(Relation::TranslationOf, "o-que-a-enxertia-lembra", Some("The Portuguese original"))],
        ..POST
    },
    Post {
        slug: "a-line-that-runs-both-ways",
        title: "A Line That Runs Both Ways",
        subtitle: Some("Two languages, one menu, and a fish 🐟 with no direction"),
        body: Body::Html(include_str!("posts/a-line-that-runs-both-ways.html")),
        state: on("2025-04-17T10:00:00.000Z"),
        authors: &[by("yusra-penhallow"), credit("ines-carvoeira", "editor")],
        tags: &["craft-and-upkeep", "printing", "languages"],
        image: picture(
            include_bytes!("pictures/a-line-that-runs-both-ways.png"),
            "Rows of ornamental type that mirror one another across the middle",
            None,
        ),
        links: &[
            to(Relation::Related, "the-case-is-a-map", None),
            cites(
                Target::External {
                    url: "https://type.example.org/brackets",
                    title: "Which Way Does a Bracket Face?",
                    author: Some("Selim Tarn-Achard"),
                    publisher: Some("The Compositor’s Yearbook"),
                    published_at: Some("2019-01-20T00:00:00.000Z"),
                },
                Some("The pencil method"),
            ),
        ],
        ..POST
    },
    Post {
        slug: "a-field-guide-to-harbour-walls",
        title: "A Field Guide to Harbour Walls",
        subtitle: Some("From the toe to the coping, at low water"),
        body: Body::Markdown(include_str!("posts/a-field-guide-to-harbour-walls.md")),
        state: on("2025-10-30T12:10:00.000Z"),
        authors: &[by("marit-oskarvik"), credit("odhran-pellew", "editor")],
        tags: &["water-and-shore", "harbours", "tides"],
        image: picture(
            include_bytes!("pictures/a-field-guide-to-harbour-walls.jpg"),
            "A quay with cranes and stacked containers in the last light",
            Some("A vertical face: somebody was in a hurry."),
        ),
        owner: MARIT,
        custom: Some(r#"{"layout": "guide", "contents": true, "print_on": "waterproof"}"#),
        ..POST
    },
    Post {
        slug: "errata-and-colophon",
        title: "Errata and Colophon",
        subtitle: Some("For those who follow a footnote all the way down"),
        body: Body::Markdown(include_str!("posts/errata-and-colophon.md")),
        state: on("2025-12-18T17:00:00.000Z"),
        visibility: Visibility::Unlisted,
        authors: &[credit("ines-carvoeira", "editor")],
        tags: &["desk"],
        image: picture(
            include_bytes!("pictures/errata-and-colophon.png"),
            "A small block of printer’s ornaments, one of them crooked",
            None,
        ),
        comments_open: false,
        ..POST
    },
    Post {
        slug: "the-last-ferry-is-never-the-last-ferry",
        title: "The Last Ferry Is Never the Last Ferry",
        subtitle: Some("On the 18:40, which leaves at about ten to seven"),
        body: Body::Markdown(include_str!("posts/the-last-ferry-is-never-the-last-ferry.md")),
        state: on("2026-01-22T18:40:00.000Z"),
        authors: &[by("odhran-pellew")],
        tags: &["water-and-shore", "ferries", "harbours"],
        image: picture(
            include_bytes!("pictures/the-last-ferry-is-never-the-last-ferry.jpg"),
            "A town seen across dark water in the evening, its windows lit",
            Some("Arvela from the far landing, while the baker waits."),
        ),
        owner: ODHRAN,
        links: &[cites(
            Target::External {
                url: "https://reports.example.com/arvela-winter-timetable",
                title: "Winter Timetable: Findings of Five Evenings",
                author: None,
                publisher: Some("Lanterne & Rook, Consultants"),
                published_at: Some("2024-11-29T00:00:00.000Z"),
            },
            Some("Five evenings of five"),
        )],
        ..POST
    },
    Post {
        slug: "repair-is-a-kind-of-reading",
        title: "Repair Is a Kind of Reading",
        subtitle: Some("A year of Saturdays at the table in the net loft"),
        excerpt: Some(
            "The toaster came in a pillowcase. The woman who brought it did not need it back; she only wished to \
             know why.",
        ),
        body: Body::Markdown(include_str!("posts/repair-is-a-kind-of-reading.md")),
        state: on("2026-04-16T08:00:00.000Z"),
        featured: true,
        authors: &[by("ines-carvoeira"), credit("shiomi-tamao", "photographer")],
        tags: &["craft-and-upkeep", "repair", "printing"],
        image: picture(
            include_bytes!("pictures/repair-is-a-kind-of-reading.jpg"),
            "Ridges of hills, one behind the other, under a low sun",
            Some("The view from the repair table, for use while screws are being looked for."),
        ),
        links: &[to(
            Relation::Related,
            "what-the-graft-remembers",
            Some("On keeping somebody who knows how"),
        )],
        ..POST
    },
    Post {
        slug: "a-calendar-for-slow-readers",
        title: "A Calendar for Slow Readers",
        subtitle: Some("Twenty-six fortnights, from one spring tide to the next"),
        body: Body::Markdown(include_str!("posts/a-calendar-for-slow-readers.md")),
        state: State::Scheduled { in_days: 9 },
        authors: &[by("ines-carvoeira"), credit("shiomi-tamao", "photographer")],
        tags: &["desk", "tides", "printing"],
        image: picture(
            include_bytes!("pictures/a-calendar-for-slow-readers.jpg"),
            "Small waves in even rows, like the days of a calendar",
            None,
        ),
        ..POST
    },
    Post {
        slug: "the-ladder-and-the-lane",
        title: "The Ladder and the Lane",
        subtitle: Some("On drawing what nobody owns"),
        body: Body::Markdown(include_str!("posts/the-ladder-and-the-lane.md")),
        state: State::InReview,
        authors: &[by("marit-oskarvik")],
        tags: &["craft-and-upkeep", "maps"],
        image: picture(
            include_bytes!("pictures/the-ladder-and-the-lane.jpg"),
            "A map of a steep slope with a path that winds and one that does not",
            Some("Eleven hundred metres, or seventy-one steps."),
        ),
        owner: MARIT,
        links: &[
            to(Relation::Prior, "against-the-perfect-map", None),
            to(Relation::ResponseTo, "a-contour-is-a-promise", Some("An answer to the answer")),
        ],
        ..POST
    },
    Post {
        slug: "notes-on-fog",
        title: "Notes on Fog",
        body: Body::Markdown(include_str!("posts/notes-on-fog.md")),
        authors: &[by("odhran-pellew")],
        tags: &["water-and-shore"],
        image: picture(
            include_bytes!("pictures/notes-on-fog.jpg"),
            "Hills that grow paler as they recede, the last ones hardly there",
            None,
        ),
        owner: ODHRAN,
        ..POST
    },
];
