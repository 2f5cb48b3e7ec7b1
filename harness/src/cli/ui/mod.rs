//! The live view: a fold over records, on standard error. Bars on a terminal, lines elsewhere.

mod bars;
mod mode;
mod narrator;

use std::io::{self, Write};

use anstream::AutoStream;
use tenantbench_reports::Record;

pub use self::mode::{Environment, Mode, UiOptions};
use self::{
    bars::Bars,
    narrator::{Narrator, Weight},
};
use super::output::Terminal;

/// A view for a run's recorder. Dropping it takes the bars off the screen.
pub fn view(terminal: &Terminal) -> impl FnMut(&Record) + Send + 'static {
    let mut ui = Ui::new(terminal.mode());
    move |record| ui.apply(record)
}

/// Shows a run while it goes on.
struct Ui {
    narrator: Narrator,
    view: View,
}

enum View {
    Silent,
    Lines,
    Bars(Bars),
}

impl Ui {
    fn new(mode: Mode) -> Self {
        let view = match mode {
            Mode::Silent => View::Silent,
            Mode::Lines => View::Lines,
            Mode::Bars => View::Bars(Bars::new()),
        };
        Self { narrator: Narrator::default(), view }
    }

    /// Shows the next record.
    fn apply(&mut self, record: &Record) {
        let lines = self.narrator.apply(record);
        match &mut self.view {
            View::Silent => {}
            View::Lines => lines.iter().for_each(|line| print(&line.text)),
            View::Bars(bars) => {
                let lasting = lines.iter().filter(|line| line.weight == Weight::Lasting);
                bars.suspend(|| lasting.for_each(|line| print(&line.text)));
                bars.show(&self.narrator);
            }
        }
    }
}

/// Where nobody reads standard error, there is nobody to tell.
fn print(line: &str) {
    drop(writeln!(AutoStream::auto(io::stderr().lock()), "{line}"));
}
