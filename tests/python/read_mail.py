"""Reads one mail with Python's own parser and prints what it found as JSON: the second opinion on
mails that we made, and our tests parsed, with Rust."""

import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    mail = email.message_from_binary_file(file, policy=email.policy.default)

defects = [repr(defect) for part in mail.walk() for defect in part.defects]
defects += [
    f"{name}: {defect!r}"
    for part in mail.walk()
    for name, value in part.items()
    for defect in value.defects
]
found = {
    "to": [address.addr_spec for address in mail["To"].addresses],
    "subject": str(mail["Subject"]),
    "message_id": str(mail["Message-ID"]),
    "text": mail.get_body(("plain",)).get_content(),
    "html": mail.get_body(("html",)).get_content(),
    "defects": defects,
}
json.dump(found, sys.stdout)
