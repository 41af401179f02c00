// Reads calendar entries with ical.js and prints what it found as JSON. ENTRIES is a JSON array of
// their texts.
import ICAL from "ical.js";

const found = JSON.parse(process.env.ENTRIES).map((text) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const [inner, ...more] = calendar.getAllSubcomponents("vevent");
  if (more.length > 0) throw new Error("more than one event");
  const event = new ICAL.Event(inner, { strictExceptions: true });
  const utc = (time) => time.convertToZone(ICAL.Timezone.utcTimezone).toString();
  return {
    method: calendar.getFirstPropertyValue("method"),
    uid: event.uid,
    sequence: event.sequence,
    start: utc(event.startDate),
    end: utc(event.endDate),
    stamp: utc(inner.getFirstPropertyValue("dtstamp")),
    status: inner.getFirstPropertyValue("status"),
    summary: event.summary,
    location: event.location,
    organizer: event.organizer,
    attendee: event.attendees[0].getFirstValue(),
  };
});
process.stdout.write(JSON.stringify(found));
