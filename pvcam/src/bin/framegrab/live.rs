//! What people, browsers and collectors of metrics see of a run while it lasts.

mod http;
pub(crate) mod options;
mod pages;
mod picture;
mod serve;
mod status;
mod view;

use crate::live::options::LiveOptions;
use crate::live::pages::Pages;
use crate::live::serve::Served;
use crate::live::status::{About, Status};
use crate::live::view::View;
use crate::stop::Stop;
use framepool::OpenMetrics;
use framepool_pvcam::{Camera, ReadyCapture};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// What is shown of a run.
pub(crate) struct Live {
    status: Status,
    view: Option<View>,
    served: Option<Served>,
    linger: Duration,
}

impl Live {
    /// Begins to show what the options ask for of a capture that is about to start.
    pub(crate) fn begin(
        options: &LiveOptions,
        camera: &Camera,
        ready: &ReadyCapture,
    ) -> Result<Self, Box<dyn Error>> {
        let about = About::of(camera.description(), ready.meta(), ready.frame_bytes());
        let metrics = ready.metrics().clone();
        let status = Status::new(about, metrics.clone(), Arc::new(OpenMetrics::new(metrics)));
        let address = options.address();
        let has_page = address.is_some_and(|address| address.has_page);
        let view = has_page.then(|| View::of(ready.taps())).transpose()?;
        let pages = Pages::new(status.clone(), view.as_ref().map(View::looks));
        let served = address.map(|address| Served::at(address, pages)).transpose()?;
        Ok(Self { status, view, served, linger: options.linger() })
    }

    /// Looks at the counters: to be called now and then while frames come.
    pub(crate) fn look(&self) {
        // A change is logged.
        let _health = self.status.health();
        self.status.look();
    }

    /// Tells that the camera has stopped, and why if it was to go on. No frame is held from now on.
    pub(crate) fn stopped(&mut self, failure: Option<&str>) {
        self.status.stopped(failure);
        self.view = None;
    }

    /// Goes on to serve, for as long as it is to or until `stop`, and ends.
    pub(crate) fn end(self, stop: &Stop) {
        self.status.ended();
        if let Some(served) = self.served {
            served.linger(self.linger, stop);
        }
    }
}
