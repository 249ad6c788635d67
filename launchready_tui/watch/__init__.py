"""The watching process: probes on a schedule, incidents, alerts, deploy marks. What it writes is read through
`samples`."""
