use std::sync::LazyLock;

use super::*;

const TITLE: &str = "A harbour at the end of the railway";
const TEXT: &str = "The old harbour was built when the railway reached the coast, and for forty years ships carried wool and \
    timber from its quays. Then the ministry moved the freight to the new port, the cranes were sold, and the town had to \
    decide what a harbour without ships is for. Fishermen, engineers and two historians told us what they remember of the \
    last winter, and why the council's plan for a museum failed.";

static POST: LazyLock<PostWords> = LazyLock::new(|| PostWords::of(&Turn::here(), TEXT));

fn about(body: &str) -> SpamInput<'_> {
    SpamInput {
        body,
        post_title: TITLE,
        post: Some(&POST),
        post_age_days: Some(10),
        links_allowed: 2,
        ..SpamInput::default()
    }
}

fn by<'a>(body: &'a str, name: &'a str, url: &'a str) -> SpamInput<'a> {
    SpamInput { name: Some(name), url: (!url.is_empty()).then_some(url), ..about(body) }
}

#[rustfmt::skip]
fn ham() -> Vec<SpamInput<'static>> {
    vec![
        // of substance, kind and unkind
        by("My grandfather worked on those quays until the cranes were sold. He always said the ministry had decided long before it asked anybody.", "Ines Duarte", ""),
        by("This is wrong. The freight moved because the channel silted up, not because of the ministry. Check the port authority's own reports before you print this.", "J. Holm", ""),
        by("Terrible article. You interviewed two historians and not one docker.", "angry reader", ""),
        by("I disagree with nearly every paragraph, but the part on the museum is the best thing written on the council so far.", "Marta", "https://marta.example.org/"),
        by("Thanks for this!", "Tom", ""),
        by("Great post, thank you for sharing.", "Anna", ""),
        by("Nice article.", "Lee", ""),
        by("❤️", "Bo", ""),
        by("👏👏👏 finally someone said it", "Kim", ""),
        by("+1", "r", ""),
        by("first", "x", ""),
        by("lol", "Max", ""),
        // with a link or two that belong
        by("There is a photograph of the last crane in the city archive: https://archive.example.org/photos/1961/crane-7", "Paul Weber", ""),
        by("See also https://en.wikipedia.org/wiki/Rail_freight and the report at https://ministry.example.gov/freight.pdf, table 4.", "Dr. Rao", "https://rao.example.edu"),
        by("I wrote about the museum plan last year: https://smalltown.example.net/museum. The numbers in the council's plan never added up.", "Greta Lind", "https://smalltown.example.net"),
        // other languages
        by("Mein Vater hat dort als Kranführer gearbeitet, bis der Hafen geschlossen wurde. Vielen Dank für diesen Text.", "Jürgen Groß", ""),
        by("Merci pour cet article. Est-ce que vous savez ce que sont devenues les grues ?", "Élodie", ""),
        by("¡Qué buena historia! En mi ciudad pasó lo mismo con el puerto viejo.", "Carlos Ñúñez", ""),
        by("Спасибо за статью! В нашем городе порт закрыли точно так же, и никто не спросил жителей.", "Ольга", ""),
        by("写得很好。我小时候住在港口旁边，还记得那些起重机。", "王小明", ""),
        by("とても面白い記事でした。港の歴史をもっと知りたいです。", "さくら", ""),
        by("مقال رائع، شكرا لكم. هل توجد صور قديمة للميناء؟", "ليلى", ""),
        by("מאמר מעניין מאוד, תודה. האם נשארו מנופים?", "נועה", ""),
        by("बहुत अच्छा लेख। मेरे दादाजी रेलवे में काम करते थे।", "अनिल", ""),
        by("บทความดีมากครับ ผมอยากรู้เรื่องท่าเรือเก่ามากขึ้น", "สมชาย", ""),
        by("좋은 글 감사합니다. 항구의 옛 사진이 더 있나요?", "지민", ""),
        by("Díky za článek, čtvrtvrstva přístavu zmrzla skrz naskrz prý každou zimu.", "Štěpán", ""),
        by("Llanfairpwllgwyngyll had a harbour line too, if a smaller one.", "Rhys", ""),
        // odd but honest
        by("WHAT A STORY. I CRIED. MY WHOLE FAMILY IS FROM THERE AND NOBODY EVER WROTE ABOUT THE WINTER.", "Dot", ""),
        by("Does anyone know whether the timber sheds are for sale? I would buy one tomorrow.", "Hopeful", ""),
        by("I run a small shop by the quay. Visitors ask me about the cranes every day, so thank you!!!", "The Chandlery", "https://chandlery.example.com"),
        by("Is there an RSS feed for just the history posts? I can't find the link.", "feed reader", ""),
        by("How do I subscribe to the newsletter? The form on the front page gives me an error.", "Petra", ""),
        by("The casino they want to build there instead of the museum will be the end of the old town.", "N. Okafor", ""),
        by("The loan for the museum was never repaid, by the way; the council's budget shows it.", "auditor", ""),
        by("Typo in the third paragraph: \"quays\" not \"keys\".", "pedant", ""),
        by("> and why the council's plan for a museum failed\n\nIt didn't fail, it was sunk. The engineers' letter is in the minutes.", "former councillor", ""),
        by("Your comment form ate my post twice. Trying again: the photo shows the *second* crane.", "Finn", ""),
        by("`ffmpeg -i crane.mov crane.gif` is how I made the animation of the crane, if the editors want it.", "dev", ""),
        by("My e-mail is in my profile if the historians want to contact me about the winter of the closure.", "Ada", ""),
        by("🏴󠁧󠁢󠁳󠁣󠁴󠁿 greetings from Leith, where the harbour met the same end 👩‍👩‍👧‍👦", "Isla", ""),
        // a known author may be short and link
        SpamInput { ..by("https://example.org/more", "Regular", "") },
        SpamInput { is_signed_in: true, ..by("Thank you for reading.", "Editor", "") },
        // an old post, a script for a client
        SpamInput {
            post_age_days: Some(4_000),
            user_agent: Some("Python-urllib/3.12"),
            ..by("I came across this only now. The quays are gone since spring.", "late reader", "")
        },
        // praise of what is praised
        by("What makes the piece strong is the engineers: nobody had asked them about the freight before. Really great post.", "Noor", ""),
    ]
}

#[rustfmt::skip]
fn spam() -> Vec<SpamInput<'static>> {
    let mut all = vec![
        // the seed's kind, in other words
        by("I’ll instantly take hold of your rss feed since I cannot in finding your email subscription hyperlink or newsletter service. Do you’ve any? Kindly permit me recognize in order that I could subscribe.", "likes store", ""),
        by("I will right away grab your rss as I can’t to find your mail subscription link or e-newsletter service. Please let me understand so that I could subscribe. Thanks.", "followers shop", "https://cheap-followers.example.com/"),
        by("Ill immediately clutch your feed. Let me realise so that I may subscribe.", "John", ""),
        // spun praise
        by("Hello! I simply wish to say your article is as astonishing. The clearness in your post is just nice. Keep up the gratifying work.", "Best SEO Service", "https://best-seo-service.example.com"),
        by("What a stuff of un-ambiguity and preserveness of valuable experience about unpredicted feelings.", "Wilma", "https://wilma-deals.example.xyz"),
        by("Magnificent goods from you, man. I have understand your stuff previous to and you're just too wonderful.", "online casino", ""),
        by("Undeniably believe that which you stated. Your favourite reason appeared to be on the internet the easiest thing.", "buy cheap shoes", ""),
        by("Great blog! Do you have any tips for aspiring writers? I'm hoping to start my own site soon. I'll bookmark your blog and check again here often.", "plumber near me", "https://plumber-near-me.example.top"),
        by("Wow, amazing blog layout! How long have you been blogging for? Nice post, keep up the good work. I have bookmarked your site.", "Discount Rolex", "http://replica-rolex.example.com"),
        by("Nice blog here! Thanks for sharing. Awesome content.", "cheap loans", "https://quick-loans.example.com"),
        // shops
        by("Buy cheap Viagra and Cialis online, no prescription, discreet shipping http://pills.example.com", "Dave", ""),
        by("Get real Instagram followers fast! Visit our site today https://get-followers.example.com/buy", "Mia", ""),
        by("Best online casino with free spins and no deposit bonus!!! Click here >>> http://win-big.example.bet", "Lucky", ""),
        by("SEO services: first page of Google guaranteed, high DA backlinks, guest posting on 500 sites. Contact me seo.expert@example.com", "Rahul SEO", ""),
        by("Authentic replica watches and handbags, 80% discount outlet, worldwide shipping. Visit our shop.", "Louis outlet", "http://louis-vuitton-outlet.example.com"),
        by("Write my essay for me cheap! Professional essay writing service, 100% guaranteed.", "essay help", "https://essays.example.com"),
        by("We offer personal loans and business loans at 2% interest rate. Apply now: loanfirm@example.com", "Mr. Frank Loan", ""),
        by("I make $7,500 per week working from home on my laptop. Check out this site http://easy-money.example.com", "Linda", ""),
        by("I lost 4 BTC to scammers and a hacker helped me recover my bitcoin wallet. Contact him on WhatsApp +1 202 555 0143", "Grace", ""),
        by("Dr. Ogun the great spell caster brought my ex husband back in 48 hours. Email him: drogun@example.com", "Sandra", ""),
        by("I was cured of herpes by herbal medicine from Dr. Abu, reach him on WhatsApp +234 800 000 0000", "Betty", ""),
        by("Invest $500 and earn $5,000 weekly profit with crypto trading signals, message Mrs. Anna on Telegram @annatrade", "Oliver", ""),
        by("Hot sexy girls in your area, free webcam chat xxx http://cam.example.cam", "Jenny", ""),
        by("Independent escorts service available 24/7, call girls in your city", "escorts", "https://escort-girls.example.com"),
        by("Registered IELTS certificate and passport for sale, buy genuine documents online WhatsApp +44 7700 900123", "docs", ""),
        by("Free robux generator, unlimited robux hack no survey https://bit.ly/abc123", "gamer", ""),
        by("Lose weight fast with keto gummies, burn belly fat in 10 days, click here to order", "Slim", "https://keto-gummies.example.shop"),
        // links and markup
        by("[url=http://a.example.ru]buy[/url] [url=http://b.example.ru]cheap[/url] [url=http://c.example.ru]now[/url]", "Robertbal", ""),
        by("<a href=\"http://x.example.com/casino\">casino</a> <a href=\"http://y.example.com/poker\">poker</a> <a href='http://z.example.com'>slots</a>", "x", ""),
        by("http://one.example http://two.example http://three.example http://four.example http://five.example http://six.example", "y", ""),
        by("https://tinyurl.com/2p8abcde", "Free gift", "http://bit.ly/xyz"),
        by("check my profile and visit my website www.hot-deals.example.click", "z", ""),
        // deceit
        by("Вuy сheар vіаgrа оnlіnе tоdау", "Dосtоr", ""),
        by("B\u{200B}u\u{200B}y f\u{200B}o\u{200B}l\u{200B}l\u{200B}o\u{200B}w\u{200B}e\u{200B}r\u{200B}s n\u{200B}o\u{200B}w", "q", ""),
        by("𝐁𝐮𝐲 𝐜𝐡𝐞𝐚𝐩 𝐟𝐨𝐥𝐥𝐨𝐰𝐞𝐫𝐬 𝐚𝐭 𝐨𝐮𝐫 𝐬𝐢𝐭𝐞", "w", ""),
        by("V1agra c1alis cheap p1lls", "med", ""),
        // noise
        by("xkqjzwv bdfghjk qwrtplk zxcvbnm hjklmnp", "sdfkjhsdf", ""),
        by("WINNER WINNER WINNER WINNER WINNER WINNER WINNER WINNER!!!!!!!!! CLICK HERE $$$$$$$", "WINNER", ""),
        // other languages
        by("Лучшее онлайн казино, игровые автоматы и ставки на спорт: бонус каждому!", "Игорь", ""),
        by("купить диплом о высшем образовании недорого http://diplom.example.ru", "diplom", ""),
        by("澳门娱乐城真人荷官，博彩首选，加微信 888888", "客服", ""),
        by("スーパーコピー ブランドコピー 激安通販 http://copy.example.com", "コピー", ""),
        by("바카라 카지노사이트 먹튀 검증 토토사이트 추천", "카지노", ""),
        by("Situs judi online slot gacor terpercaya, daftar sekarang", "slot gacor", ""),
        by("Offre de prêt entre particulier rapide et sérieux, contactez par email: pret@example.com", "Crédit rapide", ""),
        by("Canlı bahis sitesi ve casino siteleri, escort bayan", "bahis", ""),
    ];
    // by how it comes
    all.push(SpamInput {
        same_text_seen: 6,
        ..by("Nice post. I learned a lot from this article, thanks for sharing it with us.", "Sam", "https://sam.example.com")
    });
    all.push(SpamInput {
        recent_from_same_source: 40,
        same_text_seen: 2,
        ..by("Please visit, very good offers for all of you today my friends", "Al", "")
    });
    all.push(SpamInput {
        email: Some("promo@mailinator.com"),
        ..by("Great info, I have bookmarked this website and will definitely be back again.", "https://cheapseo.example.com", "")
    });
    all
}

#[test]
fn every_spam_of_the_collection_is_caught() {
    let missed: Vec<String> = spam()
        .iter()
        .map(|input| (input, judge(input)))
        .filter(|(_, verdict)| verdict.judgement != Judgement::Spam)
        .map(|(input, verdict)| format!("{:?} {} {:#?}", input.body, verdict.score, verdict.reasons))
        .collect();
    assert!(missed.is_empty(), "{} missed: {}", missed.len(), missed.join("\n"));
}

#[test]
fn no_honest_comment_of_the_collection_is_called_spam() {
    let wronged: Vec<String> = ham()
        .iter()
        .map(|input| (input, judge(input)))
        .filter(|(_, verdict)| verdict.judgement == Judgement::Spam)
        .map(|(input, verdict)| format!("{:?} {} {:#?}", input.body, verdict.score, verdict.reasons))
        .collect();
    assert!(wronged.is_empty(), "{} wronged: {}", wronged.len(), wronged.join("\n"));
    let unsure = ham().iter().filter(|input| judge(input).judgement == Judgement::Unsure).count();
    assert!(unsure <= 3, "{unsure} honest comments would need a moderator's eye");
}

#[test]
fn the_verdict_stays_where_little_is_known() {
    // No post text, no age, no user agent, a post of long ago.
    for input in spam() {
        let bare = SpamInput { post: None, post_age_days: None, user_agent: None, ..input };
        assert_eq!(judge(&bare).judgement, Judgement::Spam, "{}", input.body);
    }
    for input in ham() {
        let old = SpamInput { post: None, post_age_days: Some(5_000), user_agent: Some("curl/8"), ..input };
        assert_ne!(judge(&old).judgement, Judgement::Spam, "{}", input.body);
    }
}

#[test]
fn a_spun_subscriber_is_caught_with_and_without_a_website() {
    let body = "I will promptly seize your rss feed as I am unable to find your e-mail subscription hyperlink or newsletter service. Do you have any? Please permit me realize so that I may just subscribe. Thanks.";
    for url in ["", "https://buy-followers.example.com/"] {
        for name in ["followers store", "Maria"] {
            let verdict = judge(&by(body, name, url));
            assert_eq!(verdict.judgement, Judgement::Spam, "{verdict:#?}");
            assert!(verdict.reasons.iter().any(|reason| reason.code == "known_phrase"));
        }
    }
}

#[test]
fn quoting_the_post_speaks_for_a_comment() {
    let verdict = judge(&by(
        "“the cranes were sold, and the town had to decide what a harbour without ships is for” makes me think about ports everywhere.\n\nTa 🙂",
        "Greg",
        "",
    ));
    assert_eq!(verdict.judgement, Judgement::Ham, "{verdict:#?}");
    assert!(verdict.reasons.iter().any(|reason| reason.code == "on_topic" && reason.weight < 0.0));
}

#[test]
fn a_word_that_the_post_uses_is_no_sign() {
    let post = "How the casino came to the harbour, and what betting did to the town";
    let body = "The casino and the betting shops killed our high street. I worked in that casino for a year.";
    let about_it = SpamInput { body, post_title: post, ..SpamInput::default() };
    let elsewhere = SpamInput { body, post_title: "Baking bread", ..SpamInput::default() };
    assert!(judge(&about_it).score < judge(&elsewhere).score);
    assert_eq!(judge(&about_it).judgement, Judgement::Ham);
}

#[test]
fn reasons_add_up_to_the_score() {
    for input in spam().iter().chain(&ham()) {
        let verdict = judge(input);
        let sum: f64 = verdict.reasons.iter().map(|reason| reason.weight).sum();
        assert!((verdict.score - 1.0 / (1.0 + (BIAS - sum).exp())).abs() < 0.001);
        assert!((0.0..=1.0).contains(&verdict.score));
        assert!(verdict.reasons.windows(2).all(|pair| pair[0].weight.abs() >= pair[1].weight.abs()));
        assert!(verdict.reasons.iter().all(|reason| !reason.detail.is_empty() && reason.weight != 0.0));
        if verdict.judgement == Judgement::Spam {
            assert!(!verdict.reasons.is_empty());
        }
    }
}

#[test]
fn trust_lowers_the_score_and_repetition_raises_it() {
    let plain = by("Some words about ships and their crews.", "Ed", "");
    let base = judge(&plain).score;
    assert!(judge(&SpamInput { marked_before: 1, ..plain }).score > base);
    assert!(
        judge(&SpamInput { marked_before: 9, ..plain }).score
            > judge(&SpamInput { marked_before: 1, ..plain }).score
    );
    assert!(judge(&SpamInput { name_is_taken: true, ..plain }).score > base);
    assert!(judge(&SpamInput { is_signed_in: true, ..plain }).score < base);
    assert!(judge(&SpamInput { same_text_seen: 3, ..plain }).score > base);
    assert!(judge(&SpamInput { recent_from_same_source: 10, ..plain }).score > base);
}

#[test]
fn what_comes_last_is_read_too() {
    let wall =
        "Cheap viagra: https://pills.example.com/viagra and https://pills.example.com/cialis ".repeat(5);
    for before in ["", "港", "Harbour. ", "🙂 "] {
        let body = before.repeat(6_700) + &wall;
        assert_eq!(judge(&about(&body)).judgement, Judgement::Spam, "after {before:?}");
    }
}

#[test]
fn repeating_the_title_is_no_sign_of_having_read() {
    let says = |reason: &str, body: &str| judge(&about(body)).reasons.iter().any(|r| r.code == reason);
    assert!(!says("on_topic", TITLE) && !says("on_topic", &format!("{TITLE}! {TITLE}")));
    assert!(says("on_topic", "The cranes were sold when the freight moved."));
    let spam = "Buy cheap followers at https://followers.example.com/";
    assert!(judge(&about(&format!("{TITLE}. {spam}"))).score >= judge(&about(spam)).score - 0.05);
}

#[test]
fn stretched_words_and_laughter_do_not_condemn() {
    for body in [
        "wowwwwww",
        "Brrrrrrrrrrr",
        "hmmmmmmm",
        "pfffffttttttt",
        "xdxdxdxdxd",
        "wkwkwkwkwk",
        "kkkkkkkkkkk",
        "HAHAHAHAHA",
        "noooooooooo whyyyyyyyy",
        "zzzzzzzzzzzz",
        "Shhhhhhhhhh!!!",
    ] {
        let verdict = judge(&about(body));
        assert_ne!(verdict.judgement, Judgement::Spam, "{body}: {verdict:#?}");
        assert!(!verdict.reasons.iter().any(|r| r.code == "gibberish"), "{body}: {verdict:#?}");
    }
    assert_eq!(judge(&about("sdkfjhgsdf kjhwqrtz xcvbnmlk")).judgement, Judgement::Spam);
}

#[test]
fn anything_at_all_can_be_judged() {
    let long = "spam ".repeat(100_000);
    let signs = "[".repeat(100_000);
    let letters = "ж".repeat(50_000);
    for body in
        ["", " ", "\0", "\u{202E}", "http://", "http://[", "www.", "@", "a@", "🙂", &long, &signs, &letters]
    {
        let verdict =
            judge(&SpamInput { name: Some(body), email: Some(body), url: Some(body), ..about(body) });
        assert!(verdict.score.is_finite());
    }
}

#[test]
fn the_same_words_have_the_same_fingerprint() {
    assert_eq!(fingerprint("Nice  POST, thanks!"), fingerprint("nice post\nthanks"));
    assert_eq!(fingerprint("Crème"), fingerprint("creme"));
    assert_ne!(fingerprint("nice post"), fingerprint("nice boat"));
    assert_eq!(fingerprint("x").len(), 64);
}

#[test]
fn texts_that_say_nearly_the_same_share_shingles_wherever_they_differ() {
    let core = "Our team of engineers restores old clocks and gates in all towns of the coast for a very small price this week only";
    let other = "The keeper of the lighthouse wrote down every ship that passed in the winter of the great storm and nobody ever read it";
    let shared = |a: &str, b: &str| {
        let (a, b) = (shingles(a), shingles(b));
        a.iter().filter(|hash| b.contains(hash)).count()
    };
    for (a, b) in [
        (format!("{core} one"), format!("{core} two")),
        (format!("one {core}"), format!("two {core}")),
        (format!("{core}\n\nzq17 ab38 cd29"), format!("ef41 {core}, GH52!")),
        (core.to_uppercase(), core.replace(' ', "  ")),
        (
            "港口老城的起重机去年冬天卖掉了没有人知道为什么一".to_owned(),
            "老城的起重机去年冬天卖掉了没有人知道为什么二三".to_owned(),
        ),
    ] {
        assert!(shared(&a, &b) >= 4, "{a}\n{b}");
    }
    assert_eq!(shared(core, other), 0);
    let quoted = format!("> {core}\n\nI do not believe a word of this.");
    assert_eq!(shared(&quoted, &format!("> {core}\n\nThank you for this, from all of us here.")), 0);
    assert!(shingles("Thanks!").is_empty() && shingles("").is_empty());
    assert!(shingles(&format!("{core} {other}").repeat(100)).len() <= SHINGLES);
}

#[test]
fn the_words_of_a_post_are_bounded() {
    let text: String = (0..20_000).map(|n| format!("word{n} ")).collect();
    let words = PostWords::of(&Turn::here(), &text);
    assert_eq!((words.words.len(), words.substance.len()), (POST_WORDS, POST_WORDS));
    assert_eq!(serde_json::from_str::<PostWords>(&serde_json::to_string(&words).unwrap()).unwrap(), words);
}
