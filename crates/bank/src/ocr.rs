//! Reading a photo of a bank card, an identity card or a paper bill (拍照识别): the port, and one way to a vendor over HTTP.
//!
//! `POST {url}?kind=bank_card|id_card|bill` with the picture as the body; 200 is `{"read":{"number","name"}}`, for `bill`
//! `{"bills":[{"fee","number","fen"}]}` with a [`BillKind`]'s word, `{"unread":"unclear"}` or `{"unread":"other"}`. A picture lives in memory for this one call: it is neither stored nor
//! logged. Not for: believing what was read; the customer checks it, and the bank compares it like anything typed.

use crate::supplier;
use base::{Error, Fen, Refusal, Result, Secret};
use corebank::bills::BillKind;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub const BUSY: Refusal =
    Refusal::unavailable("photo.busy", "识别没有回话，请手动输入，或过一会儿再拍");

/// What a picture of a bill is asked for as.
const BILL: &str = "bill";

/// What the photo is said to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PhotoKind)]
pub enum Kind {
    /// The side with the number.
    BankCard,
    /// The side with the portrait.
    IdCard,
}

impl Kind {
    pub const fn word(self) -> &'static str {
        match self {
            Self::BankCard => "bank_card",
            Self::IdCard => "id_card",
        }
    }
}

/// A picture somebody took. Never printed.
pub struct Picture {
    pub bytes: Vec<u8>,
    pub mime: &'static str,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({})", self.mime)
    }
}

/// What stands on a paper bill.
pub struct Slip {
    /// None for a bill of what we know nothing of.
    pub kind: Option<BillKind>,
    /// Digits of the household; empty where none could be read.
    pub number: String,
    pub amount: Option<Fen>,
}
base::unprinted!(Slip);

/// What a picture of a bill turned out to be.
#[derive(Debug)]
pub enum Slips {
    /// One or more, as they lie on the table.
    Read(Vec<Slip>),
    Unclear,
    Other,
}

/// What a picture turned out to be.
#[derive(Debug)]
pub enum Reading {
    /// Digits of the card or the document; the name only where one is printed.
    Read { number: Secret<String>, name: Option<Secret<String>> },
    /// Too dark, too blurred, cut off.
    Unclear,
    /// Something else than what was asked for.
    Other,
}

pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Somebody who can read pictures.
pub trait Ocr: Send + Sync + fmt::Debug {
    /// False when this bank has no such service: then nothing is offered.
    fn is_configured(&self) -> bool;
    /// [`BUSY`] when no usable answer came in time.
    fn read<'a>(&'a self, kind: Kind, picture: Picture) -> Answer<'a, Reading>;
    /// The same of paper bills.
    fn bills<'a>(&'a self, picture: Picture) -> Answer<'a, Slips>;
}

/// A vendor behind a URL; an empty one means there is none.
#[derive(Debug)]
pub struct HttpOcr {
    http: reqwest::Client,
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Read {
        number: String,
        #[serde(default)]
        name: String,
    },
    Bills(Vec<Printed>),
    Unread(Why),
}

/// A bill as the vendor tells of it.
#[derive(Deserialize)]
struct Printed {
    #[serde(default)]
    fee: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    fen: i64,
}

impl Printed {
    fn slip(self) -> Slip {
        let amount = Some(Fen::of(self.fen)).filter(|a| *a > Fen::ZERO);
        let number = self.number.chars().filter(char::is_ascii_digit).collect();
        Slip { kind: BillKind::of(&self.fee), number, amount }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    Unclear,
    Other,
}

impl HttpOcr {
    pub fn new(url: &str, timeout_ms: u64) -> Result<Self> {
        let (http, url) = supplier::reach(url, timeout_ms)?;
        Ok(Self { http, url })
    }

    async fn told(&self, kind: &str, picture: Picture) -> Result<Told> {
        let url = self.url.as_deref().ok_or(BUSY)?;
        let asked = self.http.post(url).query(&[("kind", kind)]);
        let sent = asked.header(CONTENT_TYPE, picture.mime).body(picture.bytes).send().await;
        let answer = match sent.and_then(reqwest::Response::error_for_status) {
            Ok(answer) => answer.bytes().await,
            Err(e) => Err(e),
        };
        let told = answer.map_err(|e| Error::from(e.without_url()).to_string()).and_then(|body| {
            // The parser's own words would repeat what was read.
            serde_json::from_slice(&body).map_err(|_| "an answer of no known shape".to_owned())
        });
        told.or_else(|error| {
            tracing::warn!(error, "the service that reads photos gave no answer");
            BUSY.into()
        })
    }

    async fn ask(&self, kind: Kind, picture: Picture) -> Result<Reading> {
        match self.told(kind.word(), picture).await? {
            Told::Read { number, name } => {
                let name = (!name.is_empty()).then(|| Secret::new(name));
                Ok(Reading::Read { number: Secret::new(number), name })
            }
            Told::Unread(Why::Unclear) => Ok(Reading::Unclear),
            Told::Unread(Why::Other) | Told::Bills(_) => Ok(Reading::Other),
        }
    }

    async fn ask_bills(&self, picture: Picture) -> Result<Slips> {
        match self.told(BILL, picture).await? {
            Told::Bills(all) if !all.is_empty() => {
                Ok(Slips::Read(all.into_iter().map(Printed::slip).collect()))
            }
            Told::Unread(Why::Unclear) => Ok(Slips::Unclear),
            Told::Unread(Why::Other) | Told::Bills(_) | Told::Read { .. } => Ok(Slips::Other),
        }
    }
}

impl Ocr for HttpOcr {
    fn is_configured(&self) -> bool {
        self.url.is_some()
    }
    fn read<'a>(&'a self, kind: Kind, picture: Picture) -> Answer<'a, Reading> {
        Box::pin(self.ask(kind, picture))
    }
    fn bills<'a>(&'a self, picture: Picture) -> Answer<'a, Slips> {
        Box::pin(self.ask_bills(picture))
    }
}
