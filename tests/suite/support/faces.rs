//! One write, said to either face: as an operation of REST, and as the mutation of its name.
//!
//! Both are made from what the server says of itself, by the rule that the mutations promise: what is a body in REST is `input`,
//! with words of GraphQL's kind; what stands in the path, the query or a header is an argument.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::app::{Ask, TestApp, text};
use super::graphql::{ask, camel, data};

/// A write that nobody has sent yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Write {
    /// The operation's id in REST.
    pub(crate) operation: &'static str,
    path: Vec<String>,
    flag: Option<&'static str>,
    version: Option<i64>,
    edit_token: Option<String>,
    guest_token: Option<String>,
    body: Value,
}

/// A write with what is put into the path of its operation.
pub(crate) fn write(operation: &'static str, path: &[&str]) -> Write {
    Write { operation, path: path.iter().map(|&part| part.to_owned()).collect(), ..Write::default() }
}

impl Write {
    pub(crate) fn json(self, body: Value) -> Self {
        Self { body, ..self }
    }

    /// With `?publish=true`, or `?permanent=true`.
    pub(crate) fn flag(self, name: &'static str) -> Self {
        Self { flag: Some(name), ..self }
    }

    pub(crate) fn version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    pub(crate) fn edit_token(self, token: &str) -> Self {
        Self { edit_token: Some(token.to_owned()), ..self }
    }

    pub(crate) fn guest_token(self, token: &str) -> Self {
        Self { guest_token: Some(token.to_owned()), ..self }
    }

    /// The last part of its path: the id of what is deleted.
    pub(crate) fn last(&self) -> &str {
        self.path.last().unwrap()
    }
}

/// A type's name, and how it is written with its lists and exclamation marks.
struct Typed {
    name: String,
    written: String,
}

impl Typed {
    fn of(ty: &Value) -> Self {
        match ty["kind"].as_str().unwrap() {
            "NON_NULL" => {
                let inner = Self::of(&ty["ofType"]);
                Self { written: format!("{}!", inner.written), ..inner }
            }
            "LIST" => {
                let inner = Self::of(&ty["ofType"]);
                Self { written: format!("[{}]", inner.written), ..inner }
            }
            _ => Self { name: text(&ty["name"]), written: text(&ty["name"]) },
        }
    }
}

/// What a type is made of: empty for a scalar; `None` for an enum.
type Members = Option<BTreeMap<String, Typed>>;

struct Mutation {
    /// The arguments, in order; whether each must be there.
    args: Vec<(String, Typed, bool)>,
    answer: Typed,
}

/// Both faces, as they describe themselves.
pub(crate) struct Faces {
    /// The description of REST.
    document: Value,
    /// Method and path by operation, of all operations that write.
    operations: BTreeMap<String, (String, String)>,
    mutations: BTreeMap<String, Mutation>,
    types: BTreeMap<String, Members>,
}

const INTROSPECTION: &str = "{ __schema {
    mutationType { fields { name args { name defaultValue type { ...T } } type { ...T } } }
    types { name kind fields { name type { ...T } } inputFields { name type { ...T } } } } }
  fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

impl Faces {
    pub(crate) async fn of(app: &TestApp) -> Self {
        let document = app.get("/openapi.json").await.ok();
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| *method != "get")
            {
                let id = text(&operation["operationId"]);
                operations.insert(id, (method.to_uppercase(), path.clone()));
            }
        }
        let schema = data(&ask(app, INTROSPECTION, &Value::Null).await)["__schema"].clone();
        let mutations = list(&schema["mutationType"]["fields"]).map(|field| {
            let args = list(&field["args"]).map(|arg| {
                let ty = Typed::of(&arg["type"]);
                let required = ty.written.ends_with('!') && arg["defaultValue"].is_null();
                (text(&arg["name"]), ty, required)
            });
            (text(&field["name"]), Mutation { args: args.collect(), answer: Typed::of(&field["type"]) })
        });
        let types = list(&schema["types"]).map(|ty| {
            let members = list(&ty["fields"]).chain(list(&ty["inputFields"]));
            let members = members.map(|member| (text(&member["name"]), Typed::of(&member["type"])));
            (text(&ty["name"]), (ty["kind"] != "ENUM").then(|| members.collect()))
        });
        Self { document, operations, mutations: mutations.collect(), types: types.collect() }
    }

    /// The operations that write.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    pub(crate) fn mutations(&self) -> impl Iterator<Item = &str> {
        self.mutations.keys().map(String::as_str)
    }

    /// What an operation and its mutation take, in GraphQL's words: parts of the path by their number alone, members of the body with
    /// those in them, `!` after what must be there.
    pub(crate) fn taken(&self, operation: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let (method, path) = &self.operations[operation];
        let described = &self.document["paths"][path][method.to_lowercase()];
        let mut by_rest = BTreeSet::new();
        for (n, _) in path.split('/').filter(|step| step.starts_with('{')).enumerate() {
            by_rest.insert(format!("{n}!"));
        }
        for parameter in list(&described["parameters"]).filter(|parameter| parameter["in"] != "path") {
            by_rest.extend(match parameter["name"].as_str() {
                Some("If-Match") => Some("ifVersion".to_owned()),
                Some("X-Edit-Token") => Some("editToken".to_owned()),
                Some("X-Guest-Token") => Some("guestToken".to_owned()),
                Some(name) => Some(camel(name)),
                // A reference to what all have: GraphQL has no idempotency keys.
                None => None,
            });
        }
        self.members_of_schema(
            &described["requestBody"]["content"]["application/json"]["schema"],
            "",
            &mut by_rest,
        );
        let mut by_graphql = BTreeSet::new();
        let mut parts = 0;
        for (name, ty, required) in &self.mutations[&camel(operation)].args {
            if name == "input" {
                self.members_of_type(&ty.name, "", &mut by_graphql);
            } else if *required {
                by_graphql.insert(format!("{parts}!"));
                parts += 1;
            } else {
                by_graphql.insert(name.clone());
            }
        }
        (by_rest, by_graphql)
    }

    fn members_of_schema(&self, schema: &Value, above: &str, found: &mut BTreeSet<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            self.members_of_schema(self.document.pointer(pointer).unwrap(), above, found);
        }
        for one in ["oneOf", "anyOf", "allOf"]
            .into_iter()
            .flat_map(|kind| list(&schema[kind]))
            .chain([&schema["items"]])
        {
            if !one.is_null() {
                self.members_of_schema(one, above, found);
            }
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let required = if list(&schema["required"]).any(|one| one == name) { "!" } else { "" };
            let place = format!("{above}/{}", camel(name));
            found.insert(format!("{place}{required}"));
            self.members_of_schema(member, &place, found);
        }
    }

    fn members_of_type(&self, ty: &str, above: &str, found: &mut BTreeSet<String>) {
        for (name, member) in self.types[ty].iter().flatten() {
            let required = if member.written.ends_with('!') { "!" } else { "" };
            let place = format!("{above}/{name}");
            found.insert(format!("{place}{required}"));
            self.members_of_type(&member.name, &place, found);
        }
    }

    pub(crate) fn rest<'a>(&self, app: &'a TestApp, write: &Write) -> Ask<'a> {
        let (method, template) = &self.operations[write.operation];
        let mut parts = write.path.iter();
        let steps = template
            .split('/')
            .map(|step| if step.starts_with('{') { parts.next().unwrap().as_str() } else { step });
        let path = steps.collect::<Vec<_>>().join("/");
        assert_eq!(parts.next(), None, "{write:?}");
        let flag = write.flag.map(|flag| format!("?{flag}=true")).unwrap_or_default();
        let mut ask = app.request(method, &(path + &flag));
        if let Some(version) = write.version {
            ask = ask.header("If-Match", &format!("\"v{version}\""));
        }
        if let Some(token) = &write.edit_token {
            ask = ask.header("X-Edit-Token", token);
        }
        if let Some(token) = &write.guest_token {
            ask = ask.header("X-Guest-Token", token);
        }
        if write.body.is_null() { ask } else { ask.json(&write.body) }
    }

    /// Asks the mutation for all that `shape` has: REST's answer to the same.
    pub(crate) fn graphql<'a>(&self, app: &'a TestApp, write: &Write, shape: &Value) -> Ask<'a> {
        let name = camel(write.operation);
        let mutation = &self.mutations[&name];
        let mut parts = write.path.iter();
        let (mut declared, mut given, mut variables) = (Vec::new(), Vec::new(), Map::new());
        for (arg, ty, required) in &mutation.args {
            let value = match arg.as_str() {
                "input" => self.input(&ty.name, &write.body),
                "ifVersion" => json!(write.version),
                "editToken" => json!(write.edit_token),
                "guestToken" => json!(write.guest_token),
                _ if *required && ty.name == "Int" => json!(parts.next().unwrap().parse::<i64>().unwrap()),
                _ if *required => json!(parts.next().unwrap()),
                flag => json!((write.flag == Some(flag)).then_some(true)),
            };
            if !value.is_null() {
                declared.push(format!("${arg}: {}", ty.written));
                given.push(format!("{arg}: ${arg}"));
                variables.insert(arg.clone(), value);
            }
        }
        assert_eq!(parts.next(), None, "{write:?}");
        let in_brackets = |list: Vec<String>| {
            if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) }
        };
        let shown = match mutation.answer.name.as_str() {
            // REST answers nothing where something is gone.
            "Deleted" => "{ id }".to_owned(),
            answer => self.selection(answer, &[&grouped(answer, shape)]),
        };
        let (declared, given) = (in_brackets(declared), in_brackets(given));
        let document = format!("mutation{declared} {{ {name}{given} {shown} }}");
        ask(app, &document, &Value::Object(variables))
    }

    /// What a mutation answered, in REST's words.
    pub(crate) fn in_rests_words(&self, write: &Write, data: &Value) -> Value {
        let name = camel(write.operation);
        let answer = &data[&name];
        match self.mutations[&name].answer.name.as_str() {
            "Deleted" => {
                assert_eq!(answer["id"], write.last(), "{write:?}");
                Value::Null
            }
            "Boolean" => {
                assert_eq!(answer, true, "{write:?}");
                Value::Null
            }
            ty => ungrouped(ty, self.output(ty, answer)),
        }
    }

    fn member(&self, ty: &str, name: &str) -> &Typed {
        let member = self.types[ty].as_ref().and_then(|members| members.get(name));
        member.unwrap_or_else(|| panic!("{ty} has no {name}"))
    }

    /// All members that any of these objects of one type has.
    fn selection(&self, ty: &str, shapes: &[&Value]) -> String {
        if self.types[ty].as_ref().is_none_or(BTreeMap::is_empty) {
            return String::new();
        }
        let objects = shapes.iter().flat_map(|shape| match shape {
            Value::Array(items) => items.iter().collect(),
            one => vec![*one],
        });
        let mut members: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for (name, value) in objects.filter_map(Value::as_object).flatten() {
            members.entry(camel(name)).or_default().push(value);
        }
        let fields = members.into_iter().map(|(name, values)| {
            let below = self.selection(&self.member(ty, &name).name, &values);
            format!("{name} {below}")
        });
        // Something must be selected of what is empty or not there.
        format!("{{ __typename {} }}", fields.collect::<Vec<_>>().join(" "))
    }

    /// REST's words in GraphQL's kind. What has not the type that it should have stays as it is.
    fn input(&self, ty: &str, value: &Value) -> Value {
        match (value, &self.types[ty]) {
            (Value::Array(items), _) => items.iter().map(|item| self.input(ty, item)).collect(),
            (Value::String(word), None) => word.to_uppercase().into(),
            (Value::Object(members), Some(known)) if !known.is_empty() => {
                let members = members.iter().map(|(name, value)| {
                    let name = camel(name);
                    let value = known.get(&name).map_or(value.clone(), |ty| self.input(&ty.name, value));
                    (name, value)
                });
                members.collect()
            }
            _ => value.clone(),
        }
    }

    fn output(&self, ty: &str, value: &Value) -> Value {
        match (value, &self.types[ty]) {
            (Value::Array(items), _) => items.iter().map(|item| self.output(ty, item)).collect(),
            (Value::String(word), None) => word.to_lowercase().into(),
            (Value::Object(members), Some(known)) if !known.is_empty() => members
                .iter()
                .filter(|(name, _)| *name != "__typename")
                .map(|(name, value)| (snake(name), self.output(&known[name].name, value)))
                .collect(),
            _ => value.clone(),
        }
    }
}

/// The one answer whose members stand otherwise in GraphQL: a new token beside its secret.
fn grouped(ty: &str, shape: &Value) -> Value {
    let mut shape = shape.clone();
    match shape.as_object_mut() {
        Some(members) if ty == "CreatedToken" => {
            let secret = members.remove("secret");
            json!({"secret": secret, "token": members})
        }
        _ => shape,
    }
}

fn ungrouped(ty: &str, mut answer: Value) -> Value {
    if ty == "CreatedToken" {
        answer["token"]["secret"] = answer["secret"].clone();
        answer = answer["token"].clone();
    }
    answer
}

fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut all, c| {
        if c.is_ascii_uppercase() {
            all.push('_');
        }
        all.push(c.to_ascii_lowercase());
        all
    })
}
