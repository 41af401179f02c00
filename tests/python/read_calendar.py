"""Reads the calendar parts of mails with Python's `icalendar` and prints what it found as JSON: the
second opinion on entries that we wrote with Rust. Times are in UTC."""

import email
import email.policy
import json
import sys
from datetime import timezone

from icalendar import Calendar

found = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        mail = email.message_from_binary_file(file, policy=email.policy.default)
    part = [part for part in mail.walk() if part.get_content_type() == "text/calendar"][-1]
    text = part.get_payload(decode=True)
    calendar = Calendar.from_ical(text)
    [event] = [component for component in calendar.walk() if component.name == "VEVENT"]
    utc = lambda name: event[name].dt.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    found.append(
        {
            "type": part.get_content_type(),
            "type_method": part["Content-Type"].params["method"],
            "method": str(calendar["METHOD"]),
            "uid": str(event["UID"]),
            "sequence": int(event["SEQUENCE"]),
            "start": utc("DTSTART"),
            "end": utc("DTEND"),
            "stamp": utc("DTSTAMP"),
            "status": str(event["STATUS"]),
            "summary": str(event["SUMMARY"]),
            "location": str(event["LOCATION"]),
            "organizer": str(event["ORGANIZER"]),
            "attendee": str(event["ATTENDEE"]),
            "longest": max(len(line) for line in text.splitlines()),
            "errors": [str(error) for error in event.errors],
            "to": [address.addr_spec for address in mail["To"].addresses],
        }
    )
json.dump(found, sys.stdout)
