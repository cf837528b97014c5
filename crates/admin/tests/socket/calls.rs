//! Every call of the contract, from the client to the daemon and back, over a real socket.

use crate::world::{CAP, World, body_of, example, operations};
use admin::{Caller, Error, Identity, ImportWith, Limits, Problem, Request};
use engine::command::{Change, Command, Wording};
use engine::{AlertId, Refusal, State};
use policy::{Channel, LanguageText, Script};

fn wording() -> Wording {
    Wording {
        texts: vec![LanguageText { language: "sr".into(), text: "Нестало дете".into() }],
        scripts: vec![Script::Latin],
        target: area::Target { areas: vec!["RS-06".into()], ..Default::default() },
        duration_s: Some(600),
        case: policy::Case { age_years: Some(7), ..Default::default() },
        picture: Some(policy::Picture::blank(80)),
        ..Wording::default()
    }
}

fn commands() -> Vec<Command> {
    let (alert, reason) = (AlertId(17), "тако".to_owned());
    vec![
        Command::Draft { channel: Channel::Exercise, class: "missing-child".into(), wording: wording() },
        Command::Revise { alert, wording: wording() },
        Command::Submit { alert },
        Command::Approve { alert, version: Some(2) },
        Command::Approve { alert, version: None },
        Command::Return { alert, reason: reason.clone() },
        Command::Reject { alert, reason: reason.clone() },
        Command::Update { alert, change: Change { duration_s: Some(60), ..Change::default() } },
        Command::Update { alert, change: Change { texts: Some(wording().texts), ..Change::default() } },
        Command::Update { alert, change: Change { picture: Some(None), ..Change::default() } },
        Command::Update { alert, change: Change { picture: Some(wording().picture), ..Change::default() } },
        Command::Cancel { alert, reason },
    ]
}

#[tokio::test]
async fn every_command_arrives_as_it_was_given_with_its_key_and_its_caller() {
    let world = World::new().await;
    let client = world.client().await;
    let peer = tokio::net::UnixStream::connect(&world.path).await.unwrap().peer_cred().unwrap();
    for command in commands() {
        let view = client.command(Some("key-1"), &command).await.unwrap();
        assert_eq!(view, example("show"));
        let (caller, request) = world.daemon.last_asked();
        assert_eq!(caller, Caller { uid: peer.uid(), gid: peer.gid(), asserted: None });
        assert_eq!(request, Request::Command { key: Some("key-1".into()), command });
    }
    let stopped = client.stop_all(Some("key-2"), "тако").await.unwrap();
    assert_eq!(stopped, [example("show")]);
    let (_, request) = world.daemon.last_asked();
    let command = Command::StopAll { reason: "тако".into() };
    assert_eq!(request, Request::Command { key: Some("key-2".into()), command });
    client.command(None, &Command::Submit { alert: AlertId(1) }).await.unwrap();
    assert!(matches!(world.daemon.last_asked().1, Request::Command { key: None, .. }));
}

#[tokio::test]
async fn every_view_arrives_as_the_daemon_gave_it() {
    let world = World::new().await;
    let client = world.client().await;
    let alert = AlertId(17);
    assert_eq!(client.alert(alert).await.unwrap(), example("show"));
    assert_eq!(world.daemon.last_asked().1, Request::Show { alert });
    assert_eq!(client.alerts(None).await.unwrap(), example::<Vec<_>>("list"));
    assert_eq!(world.daemon.last_asked().1, Request::List { state: None });
    client.alerts(Some(State::Submitted)).await.unwrap();
    assert_eq!(world.daemon.last_asked().1, Request::List { state: Some(State::Submitted) });
    assert_eq!(client.areas(alert).await.unwrap(), example::<Vec<_>>("areas"));
    assert_eq!(world.daemon.last_asked().1, Request::Areas { alert });
    assert_eq!(client.traffic(alert).await.unwrap(), example::<Vec<_>>("traffic"));
    assert_eq!(world.daemon.last_asked().1, Request::Traffic { alert });
    assert_eq!(client.preview("missing-child", &wording()).await.unwrap(), example("preview"));
    let asked = Request::Preview { class: "missing-child".into(), wording: wording() };
    assert_eq!(world.daemon.last_asked().1, asked);
    assert_eq!(client.peers().await.unwrap(), example::<Vec<_>>("peers"));
    assert_eq!(client.status().await.unwrap(), example("status"));
    assert_eq!(client.cap(alert, None).await.unwrap(), CAP);
    assert_eq!(world.daemon.last_asked().1, Request::Cap { alert, message: None });
    assert_eq!(client.cap(alert, Some("cancel")).await.unwrap(), CAP);
    assert_eq!(world.daemon.last_asked().1, Request::Cap { alert, message: Some("cancel".into()) });
    assert_eq!(client.picture(alert).await.unwrap(), **policy::Picture::blank(80).octets());
    assert_eq!(world.daemon.last_asked().1, Request::Picture { alert });
    let contract: serde_json::Value = serde_json::from_str(admin::OPENAPI).unwrap();
    assert_eq!(client.openapi().await.unwrap(), contract);
}

#[tokio::test]
async fn a_cap_message_arrives_octet_for_octet_with_what_the_importer_adds() {
    let world = World::new().await;
    let client = world.client().await;
    let facts = [policy::Fact::ImminentDanger, policy::Fact::MedicalNeed].into();
    for with in [
        ImportWith::default(),
        ImportWith { class: Some("missing child & more".into()), case: None },
        ImportWith {
            class: None,
            case: Some(policy::Case { age_years: Some(7), facts, ..Default::default() }),
        },
    ] {
        let message = b"<alert>\xff".to_vec();
        assert_eq!(client.import(message.clone(), &with).await.unwrap(), example("show"));
        assert_eq!(world.daemon.last_asked().1, Request::Import { message, with });
    }
    let call = async |path, media_type| {
        let header = format!("Content-Type: {media_type}\r\n");
        world.call("POST", path, &header, CAP).await
    };
    assert_eq!(call("/v1/cap", "text/xml; charset=utf-8").await.status, 200);
    assert_eq!(call("/v1/cap", "application/json").await.problem().code(), "content_type");
    assert_eq!(call("/v1/cap?facts=hunger", "application/xml").await.problem().code(), "query");
    assert_eq!(call("/v1/cap?fact=medical_need", "application/xml").await.problem().code(), "query");
}

#[tokio::test]
async fn the_figures_are_those_of_the_views_as_prometheus_reads_them() {
    let world = World::new().await;
    let answer = world.call("GET", "/metrics", "", "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
    let peers: Vec<admin::PeerView> = example("peers");
    let sent = format!("amberd_peer_pdus_sent_total{{peer=\"{}\",", peers[0].name);
    let line = answer.body.lines().find(|line| line.starts_with(&sent)).unwrap();
    assert!(line.ends_with(&format!(" {}", peers[0].pdus_sent)), "{line}");
    *world.daemon.refusal.lock().unwrap() = Some(Problem::forbidden("not you"));
    assert_eq!(world.call("GET", "/metrics", "", "").await.problem().status, 403);
}

#[tokio::test]
async fn every_operation_of_the_contract_takes_its_example_and_gives_its_status() {
    let world = World::new().await;
    world.daemon.change(|view| view.state = State::Closed); // so that the watch ends
    for (method, path, said) in operations() {
        let path = path.replace("{id}", "A-17").replace("{message}", "1");
        let (media_type, body) = body_of(&said).unwrap_or_default();
        let answer = world.call(&method, &path, &format!("Content-Type: {media_type}\r\n"), &body).await;
        let promised = &said["responses"][answer.status.to_string()];
        assert!(
            answer.status < 300 && promised.is_object(),
            "{method} {path}: {} {}",
            answer.status,
            answer.body
        );
    }
}

#[tokio::test]
async fn a_call_whose_body_may_be_left_away_takes_none_and_an_empty_one() {
    let world = World::new().await;
    for verb in ["submit", "approve"] {
        let path = format!("/v1/alerts/A-1/{verb}");
        assert_eq!(world.call("POST", &path, "", "").await.status, 200);
        assert_eq!(world.call("POST", &path, "Content-Type: application/json\r\n", "{}").await.status, 200);
        let odd = world.call("POST", &path, "Content-Type: application/json\r\n", r#"{"vesion":1}"#).await;
        assert!(odd.problem().detail.contains("unknown field `vesion`"), "{}", odd.body);
    }
}

#[tokio::test]
async fn the_daemons_problem_reaches_the_caller_whole() {
    let world = World::new().await;
    let client = world.client().await;
    let refusal = Refusal::ApproverIsAuthor { alert: AlertId(1), version: 1, by: "jelena".into() };
    for problem in [Problem::from(refusal), Problem::busy("queue"), Problem::journal_failed("disk full")] {
        *world.daemon.refusal.lock().unwrap() = Some(problem.clone());
        let expected = Error::Problem(Box::new(problem));
        for command in commands() {
            assert_eq!(client.command(None, &command).await, Err(expected.clone()));
        }
        assert_eq!(client.alert(AlertId(1)).await, Err(expected.clone()));
        assert_eq!(client.peers().await, Err(expected.clone()));
        assert_eq!(client.watch(AlertId(1)).await.unwrap_err(), expected);
    }
}

#[tokio::test]
async fn only_the_demo_believes_who_a_caller_says_to_be() {
    let world = World::new().await;
    let Err(Error::Problem(problem)) = world.client().await.asserting("petar").status().await else {
        panic!("expected a problem");
    };
    assert_eq!((problem.status, problem.code()), (400, "asserted_identity"));
    assert!(world.daemon.asked.lock().unwrap().is_empty());

    let demo = World::with(Identity::AssertedForDemo, Limits::default()).await;
    demo.client().await.asserting("petar").status().await.unwrap();
    assert_eq!(demo.daemon.last_asked().0.asserted.as_deref(), Some("petar"));
    demo.client().await.status().await.unwrap();
    assert_eq!(demo.daemon.last_asked().0.asserted, None);
}

#[tokio::test]
async fn an_unreachable_daemon_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.sock");
    let error = admin::Client::connect(&path).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { path: named, .. } if *named == path), "{error}");
}
