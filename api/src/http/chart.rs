//! Charts as SVG, drawn by `charts-rs`.
//!
//! Owns size, colours and how a long text is kept off its neighbours; what is drawn comes in.

use charts_rs::{
    BarChart, ChartBase, Color, HorizontalBarChart, LegendCategory, Position, SeriesCategory, Symbol,
};

/// Colours of different lightness, so that a print without colour still tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Dark blue.
    Dark,
    /// Green of middling lightness.
    Middle,
    /// Light yellow.
    Light,
    /// Red, for what is late.
    Alarm,
}

impl Colour {
    fn of(self) -> Color {
        match self {
            Self::Dark => Color::from("#0b3c6f"),
            Self::Middle => Color::from("#3d9a8b"),
            Self::Light => Color::from("#f0b840"),
            Self::Alarm => Color::from("#b3261e"),
        }
    }
}

/// Values of one kind, one for each category.
#[derive(Debug, Clone)]
pub struct Series {
    /// What they are, for the legend.
    pub name: String,
    /// The values; none where there is no such value.
    pub values: Vec<Option<i64>>,
    /// How they are drawn.
    pub colour: Colour,
}

/// How categories are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One below the other, with room for long names.
    Rows,
    /// From left to right, as time goes.
    Time,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Title.
    pub title: String,
    /// What stands below it.
    pub note: String,
    /// What is compared.
    pub categories: Vec<String>,
    /// The values.
    pub series: Vec<Series>,
    /// How it is laid out.
    pub shape: Shape,
}

/// Fonts that hold Vietnamese on the systems of readers; none is embedded.
const FONTS: &str = "Roboto, Noto Sans, DejaVu Sans, Arial, sans-serif";
/// What is counted.
const UNIT: &str = "Số hồ sơ";
/// Width of a chart.
const WIDTH: f32 = 960.0;
/// Letters of a name of a row; longer ones are cut. The fewer bars, the more room for names.
const LETTERS: [usize; 2] = [44, 64];
/// Periods up to which all that is drawn are bars; more of them have lines across their bars.
const PERIODS: usize = 12;
/// Bars that still have room for their values.
const LABELLED: usize = 48;

/// A text with room behind it. Widths are reckoned by Roboto; other fonts that readers have, above
/// all DejaVu Sans, are up to a sixth wider.
fn roomy(text: &str) -> String {
    let room = text.chars().count() * 3 / 10 + 1;
    text.chars().chain(std::iter::repeat_n('\u{a0}', room)).collect()
}

fn cut(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(letters - 1).collect();
    short.truncate(short.trim_end().len());
    short + "…"
}

impl Chart {
    /// The chart as an SVG document.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn svg(&self) -> Result<String, charts_rs::Error> {
        match self.shape {
            Shape::Rows => self.rows(),
            Shape::Time => self.time(),
        }
    }

    /// The series for the drawing; among several, nothing stands for nothing, so that zeros do not
    /// crowd the values.
    fn series(&self) -> Vec<charts_rs::Series> {
        let alone = self.series.len() == 1;
        let value = |n: &i64| n.to_string().parse::<f32>().ok().filter(|_| alone || *n != 0);
        let series = self.series.iter().map(|s| charts_rs::Series {
            name: roomy(&s.name),
            data: s.values.iter().map(|v| v.as_ref().and_then(value)).collect(),
            ..charts_rs::Series::default()
        });
        series.collect()
    }

    fn common(&self, base: &mut ChartBase, height: f32) {
        base.width = WIDTH;
        base.height = height;
        base.font_family = FONTS.to_owned();
        base.margin = charts_rs::Box { left: 16.0, top: 14.0, right: 28.0, bottom: 14.0 };
        base.background_color = Color::from("#ffffff");
        base.title.text = self.title.clone();
        base.title.font.size = 20.0;
        base.title.font.weight = Some("bold".to_owned());
        base.title.align = charts_rs::Align::Left;
        base.sub_title.text = self.note.clone();
        base.sub_title.align = charts_rs::Align::Left;
        base.sub_title.font.size = 14.0;
        base.legend.margin = Some(charts_rs::Box { top: 58.0, bottom: 14.0, ..Default::default() });
        base.legend.align = charts_rs::Align::Left;
        base.legend.show = Some(self.series.len() > 1);
        base.legend.category = LegendCategory::Rect;
        base.series.label.formatter = "{t}".to_owned();
        base.series.label.hide_overlap = true;
        base.series.colors = self.series.iter().map(|s| s.colour.of()).collect();
        base.empty_text = Some("Không có số liệu".to_owned());
    }

    fn rows(&self) -> Result<String, charts_rs::Error> {
        let (rows, bars) = (self.categories.len().max(1), self.series.len().max(1));
        let [short, long] = LETTERS;
        let letters = if bars == 1 { long } else { short };
        // The first row is the lowest: turned round, the first category stands on top.
        let names = self.categories.iter().rev().map(|name| roomy(&cut(name, letters))).collect();
        let mut series = self.series();
        for one in &mut series {
            one.data.reverse();
            one.label_show = true;
        }
        let mut chart = HorizontalBarChart::new(series, names);
        let height = 175.0 + f32::from(u16::try_from(rows * (bars * 18 + 14)).unwrap_or(u16::MAX));
        self.common(&mut chart.base, height);
        chart.base.x_axis.title = UNIT.to_owned();
        chart.series_label_position = Some(Position::Right);
        chart.svg()
    }

    fn time(&self) -> Result<String, charts_rs::Error> {
        let few = self.categories.len() <= PERIODS;
        let line = |s: &Series| !few && matches!(s.colour, Colour::Light | Colour::Alarm);
        let drawn = |s: &&Series| !line(s) && s.values.iter().flatten().any(|n| *n != 0);
        let bars = self.categories.len() * self.series.iter().filter(drawn).count();
        let labelled = few && bars <= LABELLED;
        let mut series = self.series();
        for (mine, one) in self.series.iter().zip(&mut series) {
            if line(mine) {
                // What stands at the end of a period is a line; what happened in it, bars.
                one.category = Some(SeriesCategory::Line);
                one.data = mine.values.iter().map(|v| v.and_then(|n| n.to_string().parse().ok())).collect();
            } else {
                one.label_show = labelled;
            }
        }
        if few {
            // Of what never happened there is no bar to leave room for.
            let mut kept = self.series.iter().map(|s| drawn(&s));
            series.retain(|_| kept.next().unwrap_or(true));
        }
        let mut chart = BarChart::new(series, self.categories.clone());
        self.common(&mut chart.base, 500.0);
        if few {
            chart.base.series.colors = self.series.iter().filter(drawn).map(|s| s.colour.of()).collect();
            chart.base.series.label.font.size = if bars > 36 { 10.0 } else { 12.0 };
        }
        if self.categories.len() > 12 {
            chart.base.x_axis.name_rotate = -std::f32::consts::FRAC_PI_4;
            chart.base.x_axis.height = 80.0;
        }
        if let Some(axis) = chart.y_axis_configs.first_mut() {
            axis.title = Some(UNIT.to_owned());
        }
        chart.base.series.symbol = Some(Symbol::Circle(3.0, None));
        chart.svg()
    }
}
