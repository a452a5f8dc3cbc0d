//! The application: the same for the binary and for the tests.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Response, Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App as ActixApp, HttpServer};
use utoipa_actix_web::AppExt;

use crate::answers::{Answers, Layer, ShortCircuit};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::graphql::{self, Engine};
use crate::http::contract::{self, Contract};
use crate::http::edge::Edge;
use crate::http::metrics::Metrics;
use crate::openapi;
use crate::routes;
use crate::service::{Service, Svc};

/// The whole application, ready to serve.
#[derive(Clone)]
pub struct App {
    svc: Svc,
    engine: Data<Engine>,
    contract: Data<Contract>,
    edge: Data<Edge>,
    answers: Arc<Answers>,
}

impl App {
    /// Opens the stores and brings the schema up to date.
    ///
    /// # Errors
    /// When a setting is wrong, or a store is out of reach.
    pub async fn open(config: Config, clock: Clock) -> Result<Self> {
        let svc = Arc::new(Service::open(config, clock)?);
        svc.db.raw(pressroom_schema::migrate::up).await?;
        svc.prepare().await?;
        svc.follow().await?;
        let metrics = Metrics::new().map_err(|e| Error::internal(e.to_string()))?;
        metrics.add(svc.cpu.counted.clone()).map_err(|e| Error::internal(e.to_string()))?;
        let edge = Data::new(Edge::new(Arc::clone(&svc), metrics));
        Ok(Self {
            engine: Data::new(graphql::engine(&svc.config).await?),
            contract: Data::new(Contract::of(openapi::document())),
            answers: Answers::open(edge.clone())?,
            edge,
            svc,
        })
    }

    /// The use cases.
    #[must_use]
    pub fn service(&self) -> &Svc {
        &self.svc
    }

    /// Starts the work that goes on beside requests: scheduled posts, image widths, cleaning up.
    #[must_use]
    pub fn start_jobs(&self) -> crate::jobs::RunnerHandle {
        crate::jobs::Runner::start(Arc::clone(&self.svc))
    }

    /// What answers requests, made anew for each worker.
    #[must_use]
    pub fn factory(
        &self,
    ) -> impl ServiceFactory<
        Request,
        Config = AppConfig,
        Response = Response<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    > + use<> {
        ShortCircuit::before(self.routes(), Arc::clone(&self.answers))
    }

    /// The application behind the cache's shortcut.
    fn routes(
        &self,
    ) -> ActixApp<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<BoxBody>,
            Error = actix_web::Error,
            InitError = (),
        > + use<>,
    > {
        let (app, _) = ActixApp::new()
            .into_utoipa_app()
            .app_data(Data::from(Arc::clone(&self.svc)))
            .app_data(self.engine.clone())
            .app_data(self.contract.clone())
            .app_data(self.edge.clone())
            .app_data(PayloadConfig::new(self.svc.config.body_limit))
            .configure(routes::configure)
            .split_for_parts();
        app.configure(routes::configure_pages)
            .default_service(web::to(contract::fallback))
            .wrap(Layer(Arc::clone(&self.answers)))
    }

    /// A server on `listener` that runs until it is told to stop; requests under way are finished then.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn serve(&self, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
        let app = self.clone();
        let config = &self.svc.config;
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        Ok(HttpServer::new(move || app.factory())
            .workers(Config::or_cores(workers))
            .keep_alive(seconds(config.keep_alive_seconds))
            .client_request_timeout(seconds(config.head_seconds))
            .client_disconnect_timeout(Duration::from_secs(2))
            .max_connections(usize::try_from(config.max_connections).unwrap_or(usize::MAX))
            .shutdown_timeout(15)
            .disable_signals()
            .listen(listener)?
            .run())
    }
}
