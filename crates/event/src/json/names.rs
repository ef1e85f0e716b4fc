//! Names by which programs call what Sigma rules call otherwise. One row each; a name without a row stays as it is.
//!
//! Sources: \[MS-EVEN6\] (the System part); NXLog's `im_msvistalog` and Elastic's Winlogbeat and ECS field references;
//! `systemd.journal-fields(7)`; the Sigma specification, appendix "taxonomy"; the fields of Sysmon's manifest.

use super::{place::Place, shape::Slot};

/// One name.
pub(super) struct Row {
    /// In the record.
    pub(super) from: &'static str,
    /// In the event. Empty: the value is left out.
    pub(super) to: &'static str,
    /// The part of the header that it fills.
    pub(super) slot: Slot,
    /// The lowest wins where several values fill one part.
    pub(super) rank: u8,
    /// May hold a whole event as XML.
    pub(super) is_message: bool,
}

/// From this rank on a name is too common to tell anything about the record's shape.
pub(super) const WEAK: u8 = 5;

const fn name(from: &'static str, to: &'static str) -> Row {
    Row { from, to, slot: Slot::None, rank: 0, is_message: false }
}

const fn fill(from: &'static str, to: &'static str, slot: Slot, rank: u8) -> Row {
    Row { from, to, slot, rank, is_message: false }
}

const fn message(from: &'static str, to: &'static str) -> Row {
    Row { from, to, slot: Slot::None, rank: 0, is_message: true }
}

/// The tree of event XML.
pub(super) const TREE: &[Row] = &[
    fill("System.EventID", "EventID", Slot::EventId, 0),
    fill("System.EventID.Value", "EventID", Slot::EventId, 0),
    fill("System.Provider.Name", "Provider_Name", Slot::Provider, 0),
    name("System.Provider.Guid", "Provider_Guid"),
    name("System.Provider.EventSourceName", "Provider_EventSourceName"),
    fill("System.Channel", "Channel", Slot::Channel, 0),
    fill("System.Computer", "Computer", Slot::Computer, 0),
    fill("System.EventRecordID", "EventRecordID", Slot::RecordId, 0),
    fill("System.TimeCreated.SystemTime", "SystemTime", Slot::Time, 0),
    fill("System.TimeCreated", "SystemTime", Slot::Time, 1),
    name("System.Correlation", ""),
    name("System.Security", ""),
    name("RenderingInfo.Message", "Message"),
    fill("@timestamp", "@timestamp", Slot::Time, 2),
];

/// Winlogbeat and the Elastic Agent.
pub(super) const WINLOG: &[Row] = &[
    fill("winlog.event_id", "EventID", Slot::EventId, 0),
    fill("winlog.provider_name", "Provider_Name", Slot::Provider, 0),
    name("winlog.provider_guid", "Provider_Guid"),
    fill("winlog.channel", "Channel", Slot::Channel, 0),
    fill("winlog.computer_name", "Computer", Slot::Computer, 0),
    fill("winlog.record_id", "EventRecordID", Slot::RecordId, 0),
    fill("winlog.time_created", "SystemTime", Slot::Time, 0),
    name("winlog.process.pid", "ProcessID"),
    name("winlog.process.thread.id", "ThreadID"),
    name("winlog.user.identifier", "UserID"),
    name("winlog.task", "Task"),
    name("winlog.opcode", "Opcode"),
    name("winlog.keywords", "Keywords"),
    name("winlog.version", "Version"),
    name("winlog.level", "Level"),
    name("winlog.api", ""),
    name("message", "Message"),
    fill("@timestamp", "@timestamp", Slot::Time, 1),
    fill("host.name", "host.name", Slot::Computer, 1),
    fill("host.hostname", "host.hostname", Slot::Computer, 2),
    fill("event.code", "event.code", Slot::EventId, 1),
    fill("event.provider", "event.provider", Slot::Provider, 1),
];

/// One level of names.
pub(super) const FLAT: &[Row] = &[
    fill("EventID", "EventID", Slot::EventId, 0),
    fill("EventId", "EventID", Slot::EventId, 1),
    fill("event_id", "EventID", Slot::EventId, 1),
    fill("Id", "EventID", Slot::EventId, 2),
    fill("Provider_Name", "Provider_Name", Slot::Provider, 0),
    fill("SourceName", "Provider_Name", Slot::Provider, 1),
    fill("ProviderName", "Provider_Name", Slot::Provider, 1),
    fill("EventSourceName", "Provider_Name", Slot::Provider, 1),
    fill("source_name", "Provider_Name", Slot::Provider, 1),
    fill("provider_name", "Provider_Name", Slot::Provider, 1),
    fill("Provider", "Provider_Name", Slot::Provider, 2),
    fill("Provider.Name", "Provider_Name", Slot::Provider, 1),
    name("Provider.Guid", "Provider_Guid"),
    name("ProviderGuid", "Provider_Guid"),
    name("ProviderId", "Provider_Guid"),
    name("provider_guid", "Provider_Guid"),
    fill("Channel", "Channel", Slot::Channel, 0),
    fill("LogName", "Channel", Slot::Channel, 1),
    fill("log_name", "Channel", Slot::Channel, 1),
    fill("Computer", "Computer", Slot::Computer, 0),
    fill("Hostname", "Computer", Slot::Computer, 1),
    fill("MachineName", "Computer", Slot::Computer, 1),
    fill("ComputerName", "Computer", Slot::Computer, 1),
    fill("computer_name", "Computer", Slot::Computer, 1),
    fill("host", "host", Slot::Computer, WEAK),
    fill("host.name", "host.name", Slot::Computer, WEAK),
    fill("EventRecordID", "EventRecordID", Slot::RecordId, 0),
    fill("RecordNumber", "EventRecordID", Slot::RecordId, 1),
    fill("RecordId", "EventRecordID", Slot::RecordId, 1),
    fill("record_number", "EventRecordID", Slot::RecordId, 1),
    name("ExecutionProcessID", "ProcessID"),
    name("ExecutionThreadID", "ThreadID"),
    name("Execution.ProcessID", "ProcessID"),
    name("Execution.ThreadID", "ThreadID"),
    name("process_id", "ProcessID"),
    name("thread_id", "ThreadID"),
    name("user.identifier", "UserID"),
    name("Security.UserID", "UserID"),
    name("message", "Message"),
    fill("SystemTime", "SystemTime", Slot::Time, 0),
    fill("TimeCreated.SystemTime", "SystemTime", Slot::Time, 0),
    fill("TimeCreated", "SystemTime", Slot::Time, 1),
    fill("@timestamp", "@timestamp", Slot::Time, 2),
    fill("TimeGenerated", "TimeGenerated", Slot::Time, 3),
    fill("UtcTime", "UtcTime", Slot::Time, 4),
    // The clock on the wall of the machine, with no zone: better than nothing.
    fill("EventTime", "EventTime", Slot::Time, 5),
    fill("timestamp", "timestamp", Slot::Time, 6),
    fill("EventReceivedTime", "EventReceivedTime", Slot::Time, 7),
];

/// The header of records of the Elastic Common Schema.
pub(super) const ECS: &[Row] = &[
    fill("@timestamp", "@timestamp", Slot::Time, 0),
    fill("event.created", "event.created", Slot::Time, 1),
    fill("event.code", "EventID", Slot::EventId, 0),
    fill("event.provider", "Provider_Name", Slot::Provider, 0),
    fill("host.name", "Computer", Slot::Computer, 0),
    fill("host.hostname", "host.hostname", Slot::Computer, 1),
    message("event.original", "event.original"),
    message("message", "message"),
];

/// Fields of the Elastic Common Schema that have a name among Sysmon's, which Sigma's categories use.
pub(super) const ECS_TO_SIGMA: &[Row] = &[
    name("process.command_line", "CommandLine"),
    name("process.executable", "Image"),
    name("process.pid", "ProcessId"),
    name("process.entity_id", "ProcessGuid"),
    name("process.working_directory", "CurrentDirectory"),
    name("process.pe.original_file_name", "OriginalFileName"),
    name("process.pe.company", "Company"),
    name("process.pe.description", "Description"),
    name("process.pe.product", "Product"),
    name("process.pe.file_version", "FileVersion"),
    name("process.pe.imphash", "Imphash"),
    name("process.parent.command_line", "ParentCommandLine"),
    name("process.parent.executable", "ParentImage"),
    name("process.parent.pid", "ParentProcessId"),
    name("process.parent.entity_id", "ParentProcessGuid"),
    name("process.hash.md5", "md5"),
    name("process.hash.sha1", "sha1"),
    name("process.hash.sha256", "sha256"),
    name("file.path", "TargetFilename"),
    name("file.pe.original_file_name", "OriginalFileName"),
    name("dll.path", "ImageLoaded"),
    name("dll.pe.original_file_name", "OriginalFileName"),
    name("registry.path", "TargetObject"),
    name("registry.data.strings", "Details"),
    name("source.ip", "SourceIp"),
    name("source.port", "SourcePort"),
    name("source.domain", "SourceHostname"),
    name("destination.ip", "DestinationIp"),
    name("destination.port", "DestinationPort"),
    name("destination.domain", "DestinationHostname"),
    name("network.transport", "Protocol"),
    name("dns.question.name", "QueryName"),
    name("user.name", "User"),
    name("url.full", "c-uri"),
    name("url.path", "cs-uri-stem"),
    name("url.query", "cs-uri-query"),
    name("http.request.method", "cs-method"),
    name("http.request.referrer", "cs-referer"),
    name("http.response.status_code", "sc-status"),
    name("user_agent.original", "cs-user-agent"),
];

/// The systemd journal, as `journalctl -o json` writes it.
pub(super) const JOURNAL: &[Row] = &[
    message("MESSAGE", "message"),
    fill("SYSLOG_IDENTIFIER", "program", Slot::Provider, 0),
    fill("_COMM", "_COMM", Slot::Provider, 1),
    fill("_HOSTNAME", "hostname", Slot::Computer, 0),
    name("_PID", "pid"),
    name("PRIORITY", "severity"),
    name("SYSLOG_FACILITY", "facility"),
    fill("_SOURCE_REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP", Slot::Time, 0),
    fill("__REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", Slot::Time, 1),
];

/// Where records of no known shape say when and where they happened. They keep their names.
pub(super) const GENERIC: &[Row] = &[
    fill("@timestamp", "@timestamp", Slot::Time, 0),
    fill("eventTime", "eventTime", Slot::Time, 1),
    fill("timestamp", "timestamp", Slot::Time, 1),
    fill("Timestamp", "Timestamp", Slot::Time, 1),
    fill("time", "time", Slot::Time, 2),
    fill("Time", "Time", Slot::Time, 2),
    fill("CreationTime", "CreationTime", Slot::Time, 2),
    fill("TimeGenerated", "TimeGenerated", Slot::Time, 2),
    fill("eventTimestamp", "eventTimestamp", Slot::Time, 2),
    fill("activityDateTime", "activityDateTime", Slot::Time, 2),
    fill("createdDateTime", "createdDateTime", Slot::Time, 2),
    fill("published", "published", Slot::Time, 3),
    fill("EventTime", "EventTime", Slot::Time, 3),
    fill("event_time", "event_time", Slot::Time, 3),
    fill("date", "date", Slot::Time, 4),
    fill("ts", "ts", Slot::Time, 4),
    fill("id.time", "id.time", Slot::Time, 4),
    fill("Computer", "Computer", Slot::Computer, 0),
    fill("host.name", "host.name", Slot::Computer, 1),
    fill("hostname", "hostname", Slot::Computer, 1),
    fill("Hostname", "Hostname", Slot::Computer, 1),
    fill("host", "host", Slot::Computer, 2),
    message("message", "message"),
    message("Message", "Message"),
    message("msg", "msg"),
    message("full_message", "full_message"),
    message("SyslogMessage", "SyslogMessage"),
];

/// Winlogbeat's names as Graylog stores them: joined with underscores, perhaps behind `winlogbeat_`.
pub(super) fn graylog(name: &str) -> Option<Place> {
    let rest = name.strip_prefix("winlogbeat_").unwrap_or(name).strip_prefix("winlog_")?;
    let data = ["event_data_", "user_data_"].iter().find_map(|part| Some((part, rest.strip_prefix(part)?)));
    Some(match data {
        Some((part, name)) => Place::default().child(&format!("winlog.{}.{name}", &part[..part.len() - 1])),
        None => Place::default().child(&format!("winlog.{rest}")),
    })
}
