//! Who reads what somebody answers to a mail.

use rules::messages::answers::{Concerned, fault, read_by};
use uuid::Uuid;

fn hub(number: u128, email: Option<&'static str>) -> Concerned<'static> {
    let name = if number == 1 { "Demo Ash Hub" } else { "Demo Birch Hub" };
    Concerned { hub: Uuid::from_u128(number), name, email, is_readers_own: false }
}

#[test]
fn the_hub_reads_it_that_the_whole_mail_is_about_and_else_the_programme() {
    let (ash, birch) = (hub(1, Some("ash@example.org")), hub(2, Some("birch@example.org")));
    let own = Concerned { is_readers_own: true, ..ash };
    let ash_reads = Some(("Demo Ash Hub", "ash@example.org"));
    for (concerned, wanted, why) in [
        (vec![ash], ash_reads, "one hub"),
        (vec![ash, ash], ash_reads, "one hub, twice"),
        (vec![ash, birch], None, "two hubs"),
        (vec![], None, "no hub"),
        (vec![hub(1, None)], None, "a hub without an address"),
        (vec![hub(1, Some("höb@example.org"))], None, "an address not every server takes"),
        (vec![own], None, "the reader's own hub"),
    ] {
        assert_eq!(read_by(concerned), wanted, "{why}");
    }
}

#[test]
fn an_address_in_the_head_of_every_mail_is_one_that_every_server_takes() {
    assert_eq!(fault("hub@example.org"), None);
    assert!(fault("hüb@example.org").is_some());
}
