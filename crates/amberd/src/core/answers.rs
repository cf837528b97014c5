//! What the admin socket is shown.

use admin::{
    Answer, ChangeView, JournalView, Me, PeerView, PreviewView, Problem, ReachView, Request, StatusView,
    TrafficRow,
};
use area::CellRuns;
use dispatch::PeerId;
use engine::AlertId;
use engine::command::{Actor, Wording};
use engine::{Now, Refusal};
use policy::Bulletin;

use super::Core;

impl Core {
    /// Answers what changes nothing.
    pub(super) fn look(&self, now: Now, actor: &Actor, request: Request) -> Result<Answer, Problem> {
        if !matches!(request, Request::Status) {
            may_read(actor)?;
        }
        match request {
            Request::Areas { alert } => {
                let areas = self.works.engine().areas(alert).ok_or(Refusal::UnknownAlert { alert })?;
                Ok(Answer::Areas(areas))
            }
            // These are taken elsewhere: the first by the engine, the others on their way to it.
            Request::Command { .. } | Request::Cap { .. } | Request::Import { .. } => {
                Err(Problem::forbidden("a command is not a look"))
            }
            Request::List { state } => {
                let alerts = self
                    .works
                    .engine()
                    .alerts()
                    .filter(|alert| state.is_none_or(|state| alert.state == state));
                let ids: Vec<AlertId> = alerts.map(|alert| alert.id).collect();
                Ok(Answer::Alerts(ids.into_iter().filter_map(|id| self.works.engine().view(id)).collect()))
            }
            Request::Peers => Ok(Answer::Peers(self.peers())),
            Request::Picture { alert } => self.picture(alert),
            Request::Preview { class, wording } => self.preview(now, actor, &class, wording),
            Request::Show { alert } => self.show(alert),
            Request::Status => Ok(Answer::Status(Box::new(self.status(actor)))),
            Request::Traffic { alert } => self.traffic(alert),
        }
    }

    pub(super) fn show(&self, alert: AlertId) -> Result<Answer, Problem> {
        let view = self.works.engine().view(alert).ok_or(Refusal::UnknownAlert { alert })?;
        Ok(Answer::Alert(Box::new(view)))
    }

    /// The messages that an alert has been, with its class.
    pub(super) fn bulletins(
        &self,
        actor: &Actor,
        alert: AlertId,
        sender: &str,
    ) -> Result<(String, Vec<Bulletin>), Problem> {
        may_read(actor)?;
        let class = self.works.engine().alert(alert).ok_or(Refusal::UnknownAlert { alert })?.class.clone();
        Ok((class, self.works.engine().bulletins(alert, sender)))
    }

    /// The picture that is to be approved, else the present one.
    fn picture(&self, id: AlertId) -> Result<Answer, Problem> {
        let alert = self.works.engine().alert(id).ok_or(Refusal::UnknownAlert { alert: id })?;
        let Some(version) = alert.waiting().or_else(|| alert.shown()) else {
            return Err(Refusal::UnknownAlert { alert: id }.into());
        };
        let Some(personal) = version.private.open() else {
            let detail = format!("{id}: expected its picture, found it erased");
            return Err(Problem::new(410, "erased", "what is personal has been erased", detail));
        };
        match &personal.picture {
            Some(picture) => Ok(Answer::Picture(picture.clone())),
            None => {
                let detail = format!("version {} of {id}: expected a picture, found none", version.number);
                Err(Problem::new(404, "no_picture", "the alert has no picture", detail))
            }
        }
    }

    fn preview(&self, now: Now, actor: &Actor, class: &str, wording: Wording) -> Result<Answer, Problem> {
        let (plan, version) = self.works.engine().preview(now, actor, class, wording)?;
        let changes = plan.changes.into_iter().map(|(language, change)| ChangeView {
            language,
            at: change.at,
            from: change.from,
            to: change.to,
        });
        Ok(Answer::Preview(Box::new(PreviewView {
            changes: changes.collect(),
            networks: self.reach(&version.cells, &version.unserved),
            version: engine::view::version_view(&version),
        })))
    }

    fn reach(&self, cells: &CellRuns, unserved: &CellRuns) -> Vec<ReachView> {
        let inventory = &self.works.engine().setup().inventory;
        let mut rows: Vec<ReachView> = Vec::new();
        for controller in inventory.controllers() {
            let operator = &inventory.operator(controller.operator).name;
            let cells = cells.within(controller.cells.clone()).len();
            let unserved = unserved.within(controller.cells.clone()).len();
            match rows.iter_mut().find(|row| row.operator == *operator && row.rat == controller.rat) {
                Some(row) => {
                    row.cells += cells;
                    row.unserved += unserved;
                }
                None => {
                    rows.push(ReachView { operator: operator.clone(), rat: controller.rat, cells, unserved })
                }
            }
        }
        rows.retain(|row| row.cells + row.unserved > 0);
        rows
    }

    fn traffic(&self, alert: AlertId) -> Result<Answer, Problem> {
        let inventory = &self.works.engine().setup().inventory;
        let known = self.works.engine().alert(alert).ok_or(Refusal::UnknownAlert { alert })?;
        let mut rows: Vec<TrafficRow> = Vec::new();
        for traffic in known.broadcasts.iter().flat_map(|id| self.works.dispatch().traffic(*id)) {
            let controller = inventory.controller(traffic.controller);
            let operator = &inventory.operator(controller.operator).name;
            let (pdus, octets) = (traffic.pdus, traffic.octets);
            match rows.iter_mut().find(|row| row.operator == *operator && row.rat == controller.rat) {
                Some(row) => {
                    row.pdus += pdus;
                    row.octets += octets;
                }
                None => {
                    rows.push(TrafficRow { operator: operator.clone(), rat: controller.rat, pdus, octets })
                }
            }
        }
        Ok(Answer::Traffic(rows))
    }

    fn peers(&self) -> Vec<PeerView> {
        let views = self.peers.iter().zip(&self.links).zip(0..).map(|((facts, link), number)| {
            let status = self.works.dispatch().peer_status(PeerId(number));
            PeerView {
                name: facts.name.clone(),
                operator: facts.operator.clone(),
                protocol: facts.protocol.clone(),
                controllers: facts.controllers.clone(),
                address: facts.address.clone(),
                up: status.up,
                ready: status.ready,
                since_ms: link.since_ms,
                in_flight: status.in_flight as u64,
                queued: status.queued_orders as u64,
                pdus_sent: status.pdus_sent,
                octets_sent: status.octets_sent,
                pdus_received: status.pdus_received,
                last_notice: link.last_notice.clone(),
            }
        });
        views.collect()
    }

    fn status(&self, actor: &Actor) -> StatusView {
        let inventory = &self.works.engine().setup().inventory;
        let state = match (&self.journal_failed, &self.damaged) {
            (Some(why), _) => format!("failed: {why}"),
            (None, Some(why)) => format!("damaged: {why}"),
            (None, None) => "ok".to_owned(),
        };
        let open = self.works.engine().open_alerts().count();
        StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            inventory: hex::encode(inventory.digest()),
            cells: inventory.len(),
            journal: JournalView { seq: self.durable.0, state },
            alerts_open: u32::try_from(open).unwrap_or(u32::MAX),
            me: Me { name: actor.name.clone(), roles: actor.roles },
        }
    }
}

fn may_read(actor: &Actor) -> Result<(), Problem> {
    let roles = actor.roles;
    if actor.root || roles.author || roles.approver || roles.auditor || roles.admin {
        return Ok(());
    }
    let found = format!("{} has none", actor.name);
    Err(Problem::forbidden(format!("expected a role to read with, found that {found}")))
}
