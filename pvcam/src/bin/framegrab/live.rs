//! What people, browsers and collectors of metrics see of a run while it lasts, and what it leaves beside its frames.

mod http;
pub(crate) mod options;
mod pages;
mod picture;
pub(crate) mod series;
mod serve;
mod status;
mod view;

use crate::live::options::LiveOptions;
use crate::live::pages::Pages;
use crate::live::picture::Picture;
use crate::live::series::Series;
use crate::live::serve::Served;
use crate::live::status::{About, Status};
use crate::live::view::{Copied, View};
use crate::record::destination::Destination;
use crate::stop::Stop;
use framepool::{Metrics, OpenMetrics, Rates};
use framepool_pvcam::{Camera, ReadyCapture};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The files that a run leaves beside its frames: names that can be written to.
#[derive(Debug)]
pub(crate) struct Files {
    preview: Option<Destination>,
    pub(crate) report: Option<Destination>,
}

impl Files {
    /// Refuses names that cannot be written to; writes nothing.
    pub(crate) fn check(options: &LiveOptions, force: bool) -> Result<Self, String> {
        let may_be = |endings: &[&str], path: Option<&Path>| {
            path.map(|path| Destination::plain(path, force, endings)).transpose()
        };
        let preview = may_be(&["png"], options.preview.as_deref())?;
        let report = may_be(&["html", "htm"], options.report.as_deref())?;
        Ok(Self { preview, report })
    }
}

/// What is shown of a run.
pub(crate) struct Live {
    begun: Instant,
    metrics: Metrics,
    status: Status,
    series: Series,
    view: Option<View>,
    /// The last frame, once the camera has stopped.
    last: Option<Copied>,
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
        let collector = Arc::new(OpenMetrics::new(metrics.clone()));
        let status = Status::new(about, metrics.clone(), collector);
        let (address, keeps) = (options.address(), options.preview.is_some());
        let has_page = address.is_some_and(|address| address.has_page);
        let view = (has_page || keeps).then(|| View::of(ready.taps(), keeps)).transpose()?;
        let pages = Pages::new(status.clone(), view.as_ref().filter(|_| has_page).map(View::looks));
        let served = address.map(|address| Served::at(address, pages)).transpose()?;
        let (begun, series, linger) = (Instant::now(), Series::new(), options.linger());
        Ok(Self { begun, metrics, status, series, view, last: None, served, linger })
    }

    /// Looks at the counters, and returns the rates: to be called now and then while frames come.
    pub(crate) fn look(&mut self) -> Rates {
        // A change is logged.
        let _health = self.status.health();
        let now = self.metrics.snapshot();
        self.series.look(now.at.saturating_duration_since(self.begun), &now.report);
        self.status.look(now)
    }

    /// Tells that the camera has stopped, and why if it was to go on. No frame is held from now on.
    pub(crate) fn stopped(&mut self, failure: Option<&str>) {
        self.status.stopped(failure);
        self.series.finish(self.begun.elapsed(), &self.metrics.report());
        self.last = self.view.take().and_then(View::end);
    }

    /// Leaves a picture of the last frame, goes on to serve for as long as it is to or until `stop`, and ends.
    ///
    /// Returns what became of the frames over time.
    pub(crate) fn end(self, files: &Files, stop: &Stop) -> (Series, Result<(), String>) {
        let least = self.status.ended();
        let left = match (&files.preview, &self.last) {
            (Some(preview), Some((meta, bytes))) => Picture::of(meta, bytes, u32::MAX)
                .map_err(|error| preview.refusal(&error))
                .and_then(|picture| preview.write(&picture.png)),
            _ => Ok(()),
        };
        if let Some(served) = self.served {
            served.linger(self.linger, least, stop);
        }
        (self.series, left)
    }
}
