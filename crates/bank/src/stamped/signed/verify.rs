//! `weiyin verify FILE.pdf`: whether a stamped paper is what a bank signed. Needs no server, settings or network.

use super::{Seen, look};
use base::{Context, Error, Result};
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    pub(in crate::stamped) file: PathBuf,
    /// The fingerprint of the bank's certificate: from its check page, from weiyin doctor, or as the bank tells it.
    /// May be given more than once. Without one, a file is refused, however well it is signed: anyone can make a signature.
    #[arg(long)]
    pub(in crate::stamped) trust: Vec<String>,
}

/// Prints what the signature says; an error when it does not stand or its certificate is not trusted.
pub fn run(args: &Args, out: &mut impl Write) -> Result<()> {
    let name = args.file.display();
    let file = std::fs::read(&args.file).doing(format!("reading {name}"))?;
    let seen = look(&file).map_err(|why| Error::fault(format!("{name}: {why}")))?;
    let Seen { bank, at, fingerprint } = &seen;
    let (year, month, day, hour, minute) = at.china();
    let told = format!(
        "{name}: unchanged since it was signed (SM2 with SM3)\n  signer       {bank}, by the certificate's own word\n  \
         signed       {year}-{month:02}-{day:02} {hour:02}:{minute:02} in China, by the signer's clock\n  \
         certificate  {fingerprint}\n"
    );
    // A closed pipe is no error.
    let _ = out.write_all(told.as_bytes());
    let is_trusted = args.trust.iter().any(|t| plain(t) == plain(fingerprint));
    let words = match (is_trusted, args.trust.is_empty()) {
        (true, _) => {
            let _ = out.write_all(b"  trusted      yes: the certificate is one you named\n");
            return Ok(());
        }
        (false, true) => {
            "whose certificate this is is not proved: compare its fingerprint with the bank's, then give it with --trust"
        }
        (false, false) => "the certificate is none of those you trust: do not rely on this file",
    };
    Err(Error::fault(words))
}

/// However people write a fingerprint down.
fn plain(fingerprint: &str) -> String {
    fingerprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
}
