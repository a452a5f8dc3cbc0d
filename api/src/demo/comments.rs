//! What readers said, in order of time.

use super::content::{INES, MARIT, ODHRAN, TAMAO, WEN};
use super::{Comment, Commenter, Fate};

const FERRY: &str = "the-last-ferry-is-never-the-last-ferry";
const TABLE: &str = "the-tide-table-on-the-chandlers-door";
const CONTOUR: &str = "a-contour-is-a-promise";
const NOTHING: &str = "how-to-listen-to-nothing";
const GRAFT: &str = "o-que-a-enxertia-lembra";
const MENU: &str = "a-line-that-runs-both-ways";
const REPAIR: &str = "repair-is-a-kind-of-reading";

const BRAM: Commenter =
    Commenter::Guest { name: "Bram from the cannery", email: "bram@cannery.example.com", url: None };
const ELODIE: Commenter = Commenter::Guest {
    name: "Élodie Marchetier",
    email: "elodie@timetables.example.com",
    url: Some("https://timetables.example.com/elodie"),
};
const BAKER: Commenter = Commenter::Guest {
    name: "the baker",
    email: "oven@far-landing.example.org",
    url: Some("https://far-landing.example.org"),
};
const TEODOR: Commenter =
    Commenter::Guest { name: "Teodor K.", email: "teodor@inland.example.com", url: None };
const SAMIRA: Commenter =
    Commenter::Guest { name: "سميرة الحدّاف", email: "samira@mole-cafe.example.org", url: None };
const SPAMMER: Commenter = Commenter::Guest {
    name: "cheap followers shop",
    email: "promo@followers.example.com",
    url: Some("https://followers.example.com/buy-now"),
};

const fn comment(
    key: &'static str,
    post: &'static str,
    by: Commenter,
    at: &'static str,
    body: &'static str,
) -> Comment {
    Comment { key, post, parent: None, by, at, body, fate: Fate::Approved }
}

const fn reply(
    key: &'static str,
    post: &'static str,
    parent: &'static str,
    by: Commenter,
    at: &'static str,
    body: &'static str,
) -> Comment {
    Comment { key, post, parent: Some(parent), by, at, body, fate: Fate::Approved }
}

/// Every comment, oldest first.
pub const COMMENTS: &[Comment] = &[
    comment(
        "table-teodor",
        TABLE,
        TEODOR,
        "2024-03-14T19:12:00.000Z",
        "I live four hundred kilometres from any tide and have now read this twice. Is it the same sheet every year, \
         with the dates moved along?",
    ),
    reply(
        "table-odhran",
        TABLE,
        "table-teodor",
        Commenter::User(ODHRAN),
        "2024-03-15T07:40:00.000Z",
        "Nearly! After about **nineteen years** the moon is back where she was, and an old sheet comes close. There is a \
         pilot here who keeps one from his father’s time in the oilskin. He says that it is only late when he is.",
    ),
    reply(
        "table-wen",
        TABLE,
        "table-odhran",
        Commenter::User(WEN),
        "2024-03-15T08:02:00.000Z",
        "I have seen that oilskin. It is held together by the sheet.",
    ),
    comment(
        "contour-marit",
        CONTOUR,
        Commenter::User(MARIT),
        "2024-09-19T12:31:00.000Z",
        "> Patch C is where Marit would have me put the pencil down.\n\n\
         No: patch C is where I would have you put your *boots* on. But I have cut your little corner diagram out and \
         pinned it over the light table, so take the round. 🗺️",
    ),
    reply(
        "contour-odhran",
        CONTOUR,
        "contour-marit",
        Commenter::User(ODHRAN),
        "2024-09-19T13:05:00.000Z",
        "Then sign the corner, and I will walk it with you on Saturday. Bring the planks.",
    ),
    comment(
        "nothing-teodor",
        NOTHING,
        TEODOR,
        "2024-10-19T21:26:00.000Z",
        "Tried it. 40 minutes of fridge, then the fridge off, then:\n\n\
         | UTC | kHz | SINPO | |\n| --: | --: | :-: | - |\n| 20:58 | 9410 | 2 5 3 2 2 | someone laughing |\n\n\
         I do not know at what. I have been in a good mood since.",
    ),
    reply(
        "nothing-tamao",
        NOTHING,
        "nothing-teodor",
        Commenter::User(TAMAO),
        "2024-10-20T10:14:00.000Z",
        "笑い声の 2-5-3-2-2、最高の受信報告です。That is the best report I have had this year. The freezer survived, I hope? 📻",
    ),
    comment(
        "graft-bram",
        GRAFT,
        BRAM,
        "2025-02-08T20:45:00.000Z",
        "A minha avó chamava-lhes *netas*, às árvores. Nunca percebi, até hoje, que estava a fazer pouco de nós: \
         era tudo a mesma.",
    ),
    reply(
        "graft-ines",
        GRAFT,
        "graft-bram",
        Commenter::User(INES),
        "2025-02-09T08:10:00.000Z",
        "Venha em março, então. Falta-nos alguém para a última linha da lista. 🍎",
    ),
    comment(
        "menu-samira",
        MENU,
        SAMIRA,
        "2025-04-18T09:33:00.000Z",
        "الفاصلة ما زالت تنظر إلى البحر، والحساء جاهز. تعالوا! 🐟\n\n\
         (The comma is still looking out to sea, and the soup is ready. Come!)",
    ),
    // The lively one: six levels, guests and accounts, a quarrel that is made up, and a removed remark.
    comment(
        "ferry-elodie",
        FERRY,
        ELODIE,
        "2026-01-22T20:15:00.000Z",
        "I make timetables for a living, though not yours, and I should like to defend the consultant. Ten minutes a \
         night is *sixty hours a year*, multiplied by everyone on board. Somebody is missing a connection on the far \
         side because of your charming chain.",
    ),
    reply(
        "ferry-baker",
        FERRY,
        "ferry-elodie",
        BAKER,
        "2026-01-22T21:58:00.000Z",
        "I am the connection on the far side.",
    ),
    reply(
        "ferry-elodie-2",
        FERRY,
        "ferry-baker",
        ELODIE,
        "2026-01-23T07:20:00.000Z",
        "Then you above all should want it on time! What hour do you get up?",
    ),
    comment(
        "ferry-wen",
        FERRY,
        Commenter::User(WEN),
        "2026-01-23T08:05:00.000Z",
        "For the record, and because I was there: on the second of the nine days the coffee was a *double*.",
    ),
    reply(
        "ferry-baker-2",
        FERRY,
        "ferry-elodie-2",
        BAKER,
        "2026-01-23T11:30:00.000Z",
        "Half past two. But I do not need the boat to be early, madam, I need it to be **the last thing**. I lock the \
         door when its lights have gone by, and sleep. When it left by the clock I lay there waiting for the second \
         one, because I knew that there would be people.",
    ),
    reply(
        "ferry-odhran",
        FERRY,
        "ferry-baker-2",
        Commenter::User(ODHRAN),
        "2026-01-23T12:12:00.000Z",
        "I wish that I had put this in the piece. May I, in the printed one?\n\n\
         Élodie: you are right about the sum, and I left it out because it was inconvenient. In my defence, there is \
         nothing to connect *to*. After the bakery it is sheep.",
    ),
    reply(
        "ferry-elodie-3",
        FERRY,
        "ferry-odhran",
        ELODIE,
        "2026-01-23T17:44:00.000Z",
        "Sheep were not in the appendix. I withdraw the sixty hours and keep ten of them, as a matter of professional \
         pride. 🐑",
    ),
    Comment {
        key: "ferry-removed",
        post: FERRY,
        parent: Some("ferry-wen"),
        by: Commenter::Guest { name: "Not A Bus Driver", email: "nabd@buses.example.com", url: None },
        at: "2026-01-23T18:20:00.000Z",
        body: "And I can tell you which of the cannery foremen was still in the pub at half past six that day, with \
               his full name and where he lives.",
        fate: Fate::Removed,
    },
    reply(
        "ferry-bram",
        FERRY,
        "ferry-removed",
        BRAM,
        "2026-01-23T19:02:00.000Z",
        "That is nobody’s business, and anyway he was with me, carrying trays.",
    ),
    reply(
        "ferry-wen-2",
        FERRY,
        "ferry-removed",
        Commenter::User(WEN),
        "2026-01-23T19:10:00.000Z",
        "I have taken the comment above down: no names, no addresses, please. The coffee stands.",
    ),
    Comment {
        key: "ferry-spam",
        post: FERRY,
        parent: None,
        by: SPAMMER,
        at: "2026-01-24T03:33:00.000Z",
        body: "Wow what a amazing blog!!! I bookmark it and share to all my freinds. BUY REAL FOLLOWERS CHEAP, 100% \
               guaranteed, instant delivery: https://followers.example.com/buy-now and free bonus at \
               https://followers.example.com/bonus?id=7781 . Click here >>> http://cheap-likes.example.com <<< Please \
               send me your newsletter subscription link so that I can subscribe!!!",
        fate: Fate::Spam,
    },
    reply(
        "ferry-baker-3",
        FERRY,
        "ferry-elodie-3",
        BAKER,
        "2026-01-24T12:05:00.000Z",
        "Come over on the 18:40. There is a loaf in it for you.\n\nIt will be about seven.",
    ),
    comment(
        "repair-teodor",
        REPAIR,
        TEODOR,
        "2026-04-16T17:50:00.000Z",
        "*What was it like just before* has been taped to the lid of my tool box. My daughter has since used it on me \
         at dinner, to good effect.",
    ),
    reply(
        "repair-ines",
        REPAIR,
        "repair-teodor",
        Commenter::User(INES),
        "2026-04-17T08:25:00.000Z",
        "There is a chair for her on the first Saturday.",
    ),
    Comment {
        key: "repair-pending",
        post: REPAIR,
        parent: None,
        by: Commenter::Guest { name: "Oona Fairlight", email: "oona@lamps.example.org", url: None },
        at: "2026-04-18T14:02:00.000Z",
        body: "I believe that I am the woman with the toaster. For the record it was *two* crumbs. I kept the other \
               one as well.",
        fate: Fate::Pending,
    },
];
