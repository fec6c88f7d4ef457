//! The signature by itself: what stands, and what is noticed.

use super::{Args, Broken, Signer, certificate, look, run, seal};
use crate::stamped::paper::{self, Hand, Page};
use base::{Random, Time};

const AT: Time = Time::of_ms(1_795_399_200_000);
const BANK: &str = "陵溪农村商业银行";

fn signer(seed: u64) -> Signer {
    certificate::issue(BANK, &Random::seeded(seed), AT.plus_ms(-base::DAY_MS)).unwrap()
}

fn blank() -> Vec<u8> {
    let mut page = Page::default();
    page.text(40.0, 700.0, 12.0, "账户交易流水 1,280.50");
    paper::bind("流水", Hand { name: BANK, at: AT }, vec![page])
}

#[test]
fn a_signed_paper_says_who_signed_it_and_when() {
    let signer = signer(1);
    let seen = look(&seal(blank(), &signer, AT).unwrap()).unwrap();
    assert_eq!((seen.bank.as_str(), seen.at), (BANK, AT));
    assert_eq!(seen.fingerprint, signer.fingerprint());
    let groups: Vec<_> = seen.fingerprint.split('-').map(str::len).collect();
    assert_eq!(groups, [8; 8]);
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_stands() {
    let file = seal(blank(), &signer(1), AT).unwrap();
    // The signature, which says nothing about itself, whole; the rest here and there.
    let signature = file.windows(9).position(|w| w == b"/Contents").unwrap();
    let room = signature..signature + 2 * super::ROOM + 12;
    let places = (0..file.len()).filter(|n| room.contains(n) || n % 3 == 0);
    for n in places {
        // Another figure, and a small letter made a large one.
        for other in [1, 0x20] {
            let mut changed = file.clone();
            changed[n] ^= other;
            assert!(look(&changed).is_err(), "byte {n} of {}", file.len());
        }
    }
}

#[test]
fn a_byte_more_or_less_is_noticed() {
    let file = seal(blank(), &signer(1), AT).unwrap();
    let mut longer = file.clone();
    longer.extend_from_slice(b"\n1 0 obj\n<<>>\nendobj\n");
    assert_eq!(look(&longer), Err(Broken::Changed));
    assert_eq!(look(&file[..file.len() - 1]), Err(Broken::Changed));
}

#[test]
fn what_is_not_signed_or_signed_otherwise_is_told_apart() {
    assert_eq!(look(b""), Err(Broken::NotSigned));
    assert_eq!(look(b"%PDF-1.7 and nothing more"), Err(Broken::NotSigned));
    assert_eq!(look(&blank()), Err(Broken::Changed), "its numbers are not filled in");
    for list in ["[0 9 8 7]", "[0 1", "[0 1 x 3]", "[-1 1 2 3]", "[0 99999999999999999999 1 1]"] {
        let file = format!("%PDF-1.7 /ByteRange {list} /Contents <00>");
        assert!(look(file.as_bytes()).is_err(), "{list}");
    }
}

#[test]
fn who_else_signs_the_same_paper_in_the_banks_name_has_another_fingerprint() {
    let ours = signer(1);
    let seen = look(&seal(blank(), &signer(2), AT).unwrap()).unwrap();
    assert_eq!(seen.bank, BANK);
    assert_ne!(seen.fingerprint, ours.fingerprint());
}

#[test]
fn a_signature_from_before_its_certificate_does_not_stand() {
    let early = AT.plus_ms(-2 * base::DAY_MS);
    assert_eq!(look(&seal(blank(), &signer(1), early).unwrap()), Err(Broken::Malformed));
}

#[test]
fn the_offline_command_takes_a_file_only_by_a_fingerprint_it_was_given() {
    let (home, ours) = (tempfile::tempdir().unwrap(), signer(1));
    let file = home.path().join("statement.pdf");
    let signed = seal(blank(), &ours, AT).unwrap();
    std::fs::write(&file, &signed).unwrap();
    let verify = |trust: Vec<String>| {
        let mut out = vec![];
        let ran = run(&Args { file: file.clone(), trust }, &mut out);
        (ran.map_err(|e| e.to_string()), String::from_utf8(out).unwrap())
    };
    // As someone may have written it down.
    let (ran, told) = verify(vec![ours.fingerprint().to_uppercase().replace('-', " ")]);
    assert!(ran.is_ok() && told.contains(BANK) && told.contains("trusted      yes"), "{told}");
    let (ran, told) = verify(vec![]);
    assert!(ran.unwrap_err().contains("is not proved") && told.contains(&ours.fingerprint()));
    let (ran, _) = verify(vec![signer(2).fingerprint()]);
    assert!(ran.unwrap_err().contains("none of those you trust"));
    std::fs::write(&file, signed.iter().map(|b| b ^ u8::from(*b == b'4')).collect::<Vec<_>>())
        .unwrap();
    let (ran, told) = verify(vec![ours.fingerprint()]);
    assert!(ran.is_err() && told.is_empty(), "{told}");
}
