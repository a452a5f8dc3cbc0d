//! Rights, cell by cell: every operation, asked by everybody who might ask, through REST and through GraphQL.
//!
//! What is expected of a cell follows from the table of rights (`pressroom::auth::policy::RIGHTS`) by the few lines of [`Caller::may`] and
//! [`expected`], which are a second opinion on how the table is to be applied.

mod cases;
mod graphql;
mod members;

use std::collections::{BTreeSet, HashMap};

use pressroom::auth::policy::{Action, Grant};
use pressroom::auth::scope::{Scope, Scopes};
use pressroom::auth::viewer::Role;
use pressroom::error::Code;
use serde_json::{Value, json};

use crate::support::app::{Answer, Ask, PASSWORD, Store, TestApp, User, each, text};
use crate::support::upload::{FORM, form};
use cases::CASES;
use graphql::Field;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Everybody; a token is not looked at.
    Open,
    /// Everybody, but not with a token that is no good.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// By the table.
    May(Action),
    /// By the table, once signed in.
    SignedInMay(Action),
    /// By the table, and to all others it is not there.
    Sees(Action),
}

impl Right {
    /// What the table is asked about.
    fn action(self) -> Option<Action> {
        match self {
            Self::Open | Self::Public | Self::SignedIn => None,
            Self::May(action) | Self::SignedInMay(action) | Self::Sees(action) => Some(action),
        }
    }
}

/// What an operation is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum On {
    /// Nothing that is anybody's own.
    Nothing,
    /// A whole list, of which each sees their part.
    List,
    /// The caller.
    Oneself,
    /// A post that is not live; one's own has one's byline.
    Draft,
    /// A post that is live.
    Live,
    /// A post in the trash.
    Trashed,
    /// Another's comment that is shown; one's own is under one's own post.
    Shown,
    /// A guest's comment that waits.
    Waiting,
    /// One's own comment, a moment old.
    Written,
    /// An author's profile.
    Profile,
    /// A profile and a tag that are nobody's.
    Loose,
    /// An uploaded image.
    Image,
    /// An account.
    User,
    /// Another's account.
    Stranger,
    /// An API token.
    Token,
}

/// One operation in one situation.
struct Case {
    operation: &'static str,
    on: On,
    right: Right,
    /// What the answer is where its object must not be told of.
    hidden: Code,
    ask: for<'a> fn(&'a TestApp, &Scene) -> Ask<'a>,
}

impl Case {
    fn is_of_comments(&self) -> bool {
        self.operation.contains("comment") || self.operation.contains("moderation")
    }

    fn is_of_posts(&self) -> bool {
        !self.is_of_comments()
            && (["post", "revision", "preview"].iter().any(|word| self.operation.contains(word)))
    }

    fn is_of_the_rest(&self) -> bool {
        !self.is_of_comments() && !self.is_of_posts()
    }

    /// Whether it leaves all as it is, so that the next may ask about the same.
    fn reads(&self) -> bool {
        ["get_", "list_", "search_", "diff_"].iter().any(|verb| self.operation.starts_with(verb))
    }
}

/// What a cell is asked about.
#[derive(Debug, Clone, Default)]
struct Scene {
    /// A number that nothing else has.
    number: usize,
    post: String,
    comment: String,
    link: String,
    author: String,
    tag: String,
    media: String,
    /// The path of the image itself.
    file: String,
    user: String,
    token: String,
    /// Whether a guest asks.
    guest: bool,
}

/// Through which of the two doors an operation is asked for.
#[derive(Debug, Clone, Copy)]
enum Face {
    Rest,
    GraphQl(&'static Field),
}

impl Face {
    fn ask<'a>(self, app: &'a TestApp, case: &Case, scene: &Scene) -> Ask<'a> {
        match self {
            Self::Rest => (case.ask)(app, scene),
            Self::GraphQl(field) => field.ask(app, scene),
        }
    }

    /// Compares an answer with what it must be; `None` is any success.
    fn check(self, answer: &Answer, want: Option<Code>, cell: &str) {
        let want = match self {
            Self::Rest => want,
            Self::GraphQl(field) => field.refusal(want),
        };
        let refusal = match self {
            Self::Rest => (answer.status() >= 400).then(|| text(&answer.json()["code"])),
            Self::GraphQl(_) => graphql::refusal(answer),
        };
        assert_eq!(refusal.as_deref(), want.map(Code::as_str), "{cell}: {}", answer.text());
        let Some(code) = want else { return };
        let status = match self {
            // A request that is let in is answered, whatever its fields say.
            Self::GraphQl(_) if code != Code::InvalidToken => 200,
            _ => code.status(),
        };
        assert_eq!(answer.status(), status, "{cell}: {}", answer.text());
        if status == 401 {
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{cell}");
        }
    }
}

/// Who asks.
#[derive(Debug, Clone)]
struct Caller {
    role: Option<Role>,
    scopes: Option<Scopes>,
    /// Whether the object is theirs.
    own: bool,
}

impl Caller {
    fn may(&self, action: Action, on: On) -> bool {
        let row = action.row();
        // To give a role a token needs all scopes that open what the role may do, and none here has more than two.
        if matches!(action, Action::CreateUser | Action::AssignRole) && self.scopes.is_some() {
            return false;
        }
        let reaches = |grant: Grant| match grant {
            Grant::No => false,
            Grant::Any => true,
            _ if on == On::List => true,
            Grant::Own | Grant::OnOwnPost | Grant::OwnOrOnOwnPost => self.own,
            Grant::OwnDraft => self.own && matches!(on, On::Draft | On::Trashed),
            Grant::OwnRecent => on == On::Written,
            Grant::Readable => on == On::Live || self.may(Action::ReadDraft, on),
        };
        let by_row = match self.role {
            None => reaches(row.anonymous),
            Some(role) => {
                reaches(row.grant(role))
                    && self.scopes.is_none_or(|scopes| row.scopes.iter().any(|scope| scopes.allows(*scope)))
            }
        };
        let own_form = match action {
            Action::EditComment => Some(Action::EditOwnComment),
            Action::DeleteComment => Some(Action::DeleteOwnComment),
            _ => None,
        };
        by_row || (on == On::Written && own_form.is_some_and(|own| self.may(own, on)))
    }

    /// Whether they may learn that the object is there.
    fn knows(&self, on: On) -> bool {
        match on {
            On::Draft | On::Trashed => self.may(Action::ReadDraft, on),
            On::Waiting => self.may(Action::ModerateComment, on),
            On::Token => self.may(Action::ListTokens, on),
            _ => true,
        }
    }
}

/// The code that a cell must answer; `None` for any success.
fn expected(case: &Case, caller: &Caller) -> Option<Code> {
    let (action, signs_in) = match case.right {
        Right::Open | Right::Public => return None,
        Right::SignedIn => return if caller.role.is_some() { None } else { Some(Code::Unauthenticated) },
        Right::May(action) => (action, false),
        Right::SignedInMay(action) => (action, true),
        Right::Sees(action) => return if caller.may(action, case.on) { None } else { Some(case.hidden) },
    };
    if caller.may(action, case.on) && !(signs_in && caller.role.is_none()) {
        return None;
    }
    // Reading a draft and changing a comment are open to some who did not sign in, so that the object is looked for first.
    let looks =
        matches!(action, Action::ReadDraft | Action::EditComment | Action::DeleteComment) && !signs_in;
    if caller.role.is_none() && !looks {
        return Some(Code::Unauthenticated);
    }
    if !caller.knows(case.on) {
        return Some(case.hidden);
    }
    Some(if caller.role.is_none() { Code::Unauthenticated } else { Code::Forbidden })
}

/// The application with its accounts.
struct Stage {
    app: TestApp,
    /// Makes what the cells are about.
    admin: User,
    /// Whose everything is that is not the caller's.
    stranger: User,
    /// A token that was good once.
    expired: String,
    users: Vec<(Role, User)>,
    /// Tokens of an admin, by what they may be used for.
    tokens: Vec<(Scopes, String)>,
    /// Live posts to comment on, by the account whose byline they bear.
    discussed: HashMap<String, String>,
    number: usize,
}

impl Stage {
    async fn set(app: TestApp) -> Self {
        let admin = app.user(Role::Admin).await;
        let expired = admin.token.clone();
        app.advance(1000);
        let admin = User { token: app.login(&admin.email).await, ..admin };
        let stranger = app.user(Role::Admin).await;
        let mut users = Vec::new();
        for role in Role::ALL {
            users.push((role, app.user(role).await));
        }
        Self {
            app,
            admin,
            stranger,
            expired,
            users,
            tokens: Vec::new(),
            discussed: HashMap::new(),
            number: 0,
        }
    }

    /// A token of these scopes that acts as an admin who owns nothing.
    async fn token(&mut self, scopes: Scopes) -> String {
        if let Some((_, secret)) = self.tokens.iter().find(|(known, _)| *known == scopes) {
            return secret.clone();
        }
        let (_, keeper) = self.users.iter().find(|(role, _)| *role == Role::Admin).unwrap();
        let asked = json!({"name": "n", "scopes": scopes.names()});
        let secret = text(&self.app.post("/v1/tokens").by(keeper).json(&asked).await.ok()["secret"]);
        self.tokens.push((scopes, secret.clone()));
        secret
    }

    /// What `case` is about, belonging to `owner`.
    async fn scene(&mut self, case: &Case, owner: &User) -> Scene {
        self.number += 1;
        let (app, admin, number) = (&self.app, &self.admin, self.number);
        let mut scene =
            Scene { number, author: owner.author.clone(), user: owner.id.clone(), ..Scene::default() };
        let make = async |path: &str, by: &User, body: Value| app.post(path).by(by).json(&body).await.ok();
        match case.on {
            On::Draft | On::Live | On::Trashed | On::Shown | On::Waiting | On::Written => {
                let discussed = matches!(case.on, On::Shown | On::Waiting | On::Written);
                let publish = if matches!(case.on, On::Draft | On::Trashed) { "" } else { "?publish=true" };
                // One word, so that no post is related to all others, which takes long to work out.
                let new = json!({"title": format!("Post{number}"), "authors": [owner.author]});
                scene.post = match self.discussed.get(&owner.id) {
                    Some(post) if discussed => post.clone(),
                    _ => text(&make(&format!("/v1/posts{publish}"), admin, new).await["id"]),
                };
                if discussed {
                    self.discussed.insert(owner.id.clone(), scene.post.clone());
                }
                if case.operation == "delete_post_link" {
                    let link = json!({"relation": "cites", "external": {"url": "https://example.com"}});
                    scene.link =
                        text(&make(&format!("/v1/posts/{}/links", scene.post), admin, link).await["id"]);
                }
                if case.on == On::Trashed {
                    app.delete(&format!("/v1/posts/{}", scene.post)).by(admin).await.ok();
                }
                let comments = format!("/v1/posts/{}/comments", scene.post);
                let words = format!("What there is to say about number {number}.");
                let said = match case.on {
                    On::Shown => Some(make(&comments, &self.stranger, json!({"body": words})).await),
                    On::Written => Some(make(&comments, owner, json!({"body": words})).await),
                    On::Waiting => {
                        let guest = json!({"name": "Ada", "email": format!("ada{number}@example.org")});
                        Some(app.post(&comments).json(&json!({"body": words, "author": guest})).await.ok())
                    }
                    _ => None,
                };
                scene.comment = said.map(|comment| text(&comment["id"])).unwrap_or_default();
            }
            On::Loose => {
                let name = json!({"name": format!("Name {number}")});
                scene.author = text(&make("/v1/authors", admin, name.clone()).await["id"]);
                scene.tag = text(&make("/v1/tags", admin, name).await["id"]);
            }
            On::Image => {
                let upload = app.post("/v1/media").by(owner).body(FORM, form("a.png", 0));
                let media = upload.await.ok();
                scene.media = text(&media["id"]);
                scene.file = text(&media["url"]).replace("https://example.org", "");
            }
            On::Stranger => {
                let account = json!({"email": format!("s{number}@example.org"), "name": "S", "role": "author", "password": PASSWORD});
                scene.user = text(&make("/v1/users", admin, account).await["id"]);
            }
            On::Token => {
                let token = json!({"name": "t", "scopes": ["posts:read"]});
                scene.token = text(&make("/v1/tokens", owner, token).await["id"]);
            }
            On::Nothing | On::List | On::Oneself | On::Profile | On::User => {}
        }
        scene
    }

    /// Asks and compares. Answers whether the scene may have been used up.
    async fn cell(
        &self,
        (case, face): (&Case, Face),
        scene: &Scene,
        who: &str,
        token: Option<&str>,
        want: Option<Code>,
    ) -> bool {
        let before = self.app.changes().await;
        let mut ask = face.ask(&self.app, case, scene);
        if let Some(token) = token {
            ask = ask.token(token);
        }
        let answer: Answer = ask.await;
        let cell = format!("{} on {:?} by {who}, {face:?}", case.operation, case.on);
        face.check(&answer, want, &cell);
        if want.is_some() {
            assert_eq!(self.app.changes().await, before, "{cell}: what is refused changes nothing");
        }
        want.is_none() && !case.reads()
    }

    async fn play(&mut self, case: &Case, face: Face) {
        let own_only = matches!(case.on, On::Oneself | On::Written);
        let has_own = !matches!(case.on, On::Nothing | On::List | On::Loose | On::Stranger);
        let stranger = self.stranger.clone();
        let mut scene = self.scene(case, &stranger).await;
        let bad = if case.right == Right::Open { None } else { Some(Code::InvalidToken) };
        for (who, token) in [("a forger", "nonsense".to_owned()), ("a latecomer", self.expired.clone())] {
            self.cell((case, face), &scene, who, Some(&token), bad).await;
        }
        if !own_only {
            let caller = Caller { role: None, scopes: None, own: false };
            let guests = Scene { guest: true, ..scene.clone() };
            if self.cell((case, face), &guests, "a guest", None, expected(case, &caller)).await {
                scene = self.scene(case, &stranger).await;
            }
        }
        for (role, user) in self.users.clone() {
            for own in [false, true] {
                // Moderators upload nothing.
                let none = case.on == On::Image && role == Role::Moderator;
                if (own && (!has_own || none)) || (!own && own_only) {
                    continue;
                }
                let caller = Caller { role: Some(role), scopes: None, own };
                let who = format!("{} {role}", if own { "its own" } else { "another" });
                if own {
                    let own_scene = self.scene(case, &user).await;
                    self.cell((case, face), &own_scene, &who, Some(&user.token), expected(case, &caller))
                        .await;
                } else if self
                    .cell((case, face), &scene, &who, Some(&user.token), expected(case, &caller))
                    .await
                {
                    scene = self.scene(case, &stranger).await;
                }
            }
        }
        let Some(action) = case.right.action() else { return };
        let (_, keeper) = self.users.iter().find(|(role, _)| *role == Role::Admin).cloned().unwrap();
        let needed: Vec<Scope> = match action {
            Action::EditComment | Action::DeleteComment if case.on == On::Written => {
                vec![Scope::CommentsModerate, Scope::CommentsWrite]
            }
            action => action.row().scopes.to_vec(),
        };
        let without: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|scope| !needed.iter().any(|needed| Scopes::of(&[*scope]).allows(*needed)))
            .collect();
        let sets = needed.iter().map(|scope| Scopes::of(&[*scope])).chain([Scopes::of(&without)]);
        for scopes in sets.collect::<Vec<_>>() {
            let token = self.token(scopes).await;
            let caller = Caller { role: Some(Role::Admin), scopes: Some(scopes), own: own_only };
            if own_only {
                scene = self.scene(case, &keeper).await;
            }
            let who = format!("a token for {:?}", scopes.names());
            if self.cell((case, face), &scene, &who, Some(&token), expected(case, &caller)).await && !own_only
            {
                scene = self.scene(case, &stranger).await;
            }
        }
    }
}

/// Plays each case through the faces that are named for it, each application from its own beginning.
async fn play(apps: Vec<TestApp>, mut faces: impl FnMut(&Case) -> Vec<Face>) {
    for app in apps {
        let mut stage = Stage::set(app).await;
        for case in CASES {
            for face in faces(case) {
                stage.play(case, face).await;
            }
        }
    }
}

async fn play_rest(belongs: impl Fn(&Case) -> bool) {
    play(each().await, |case| if belongs(case) { vec![Face::Rest] } else { Vec::new() }).await;
}

#[actix_web::test]
async fn posts_are_read_and_changed_by_whom_the_table_names() {
    play_rest(Case::is_of_posts).await;
}

#[actix_web::test]
async fn comments_are_written_and_decided_on_by_whom_the_table_names() {
    play_rest(Case::is_of_comments).await;
}

#[actix_web::test]
async fn everything_else_is_done_by_whom_the_table_names() {
    play_rest(Case::is_of_the_rest).await;
}

/// Logs in and out, with and without the right to. `ask` sends the body of an operation with a token; it answers the new refresh
/// token if there is one, or the code of the refusal.
async fn log_in_and_out(
    app: &TestApp,
    ask: impl AsyncFn(&str, Option<&str>, &Value) -> Result<Value, String>,
) {
    let ada = app.user(Role::Contributor).await;
    let credentials = json!({"email": ada.email, "password": PASSWORD});
    let refresh = json!({"refresh_token": ask("login", None, &credentials).await.unwrap()});
    let passwords = json!({"current_password": PASSWORD, "new_password": "nine brown curlews at high tide"});
    let refused = async |operation: &str, token: Option<&str>, body: &Value, code: &str| {
        assert_eq!(ask(operation, token, body).await, Err(code.to_owned()), "{operation} with {token:?}");
    };
    let nothing = json!({});
    for (operation, body) in [
        ("login", &credentials),
        ("refresh", &refresh),
        ("logout", &nothing),
        ("change_password", &passwords),
    ] {
        refused(operation, Some("nonsense"), body, "invalid_token").await;
    }
    refused("logout", None, &nothing, "unauthenticated").await;
    refused("change_password", None, &passwords, "unauthenticated").await;
    let all = json!({"name": "n", "scopes": Scopes::all().names()});
    let secret = text(&app.post("/v1/tokens").by(&ada).json(&all).await.ok()["secret"]);
    refused("logout", Some(&secret), &nothing, "invalid_state").await;
    refused("change_password", Some(&secret), &passwords, "forbidden").await;
    ask("refresh", None, &refresh).await.unwrap();
    ask("change_password", Some(&ada.token), &passwords).await.unwrap();
    ask("logout", Some(&ada.token), &nothing).await.unwrap();
}

/// The operations that [`log_in_and_out`] asks for, and their paths.
const SESSIONS: [(&str, &str); 4] = [
    ("login", "/v1/auth/login"),
    ("refresh", "/v1/auth/refresh"),
    ("logout", "/v1/auth/logout"),
    ("change_password", "/v1/auth/password"),
];

#[actix_web::test]
async fn a_login_and_its_end_are_each_ones_own() {
    for app in each().await {
        log_in_and_out(&app, async |operation, token, body| {
            let (_, path) = SESSIONS.into_iter().find(|(name, _)| *name == operation).unwrap();
            let ask = app.post(path).json(body);
            let answer = if let Some(token) = token { ask.token(token).await } else { ask.await };
            if answer.status() < 400 {
                let body = answer.ok();
                return Ok(body["refresh_token"].clone());
            }
            let code = text(&answer.json()["code"]);
            let status = Code::ALL.iter().find(|known| known.as_str() == code).unwrap().status();
            answer.problem(status, &code);
            Err(code)
        })
        .await;
    }
}

#[actix_web::test]
async fn every_operation_has_its_rights_tested() {
    let app = TestApp::open(Store::sqlite()).await;
    let document = app.get("/openapi.json").await.ok();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        // GraphQL's operations are its fields.
        for operation in item.as_object().unwrap().values().filter(|_| path != "/graphql") {
            operations.insert(text(&operation["operationId"]));
        }
    }
    let tested: BTreeSet<String> = CASES
        .iter()
        .map(|case| case.operation)
        .chain(SESSIONS.map(|(name, _)| name))
        .map(str::to_owned)
        .collect();
    let untested: Vec<&String> = operations.difference(&tested).collect();
    assert!(untested.is_empty(), "add a case to tests/suite/rights/cases.rs for {untested:?}");
    let gone: Vec<&String> = tested.difference(&operations).collect();
    assert!(gone.is_empty(), "there are no such operations any more: {gone:?}");
}
