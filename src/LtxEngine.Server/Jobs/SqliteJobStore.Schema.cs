using Microsoft.Data.Sqlite;

namespace LtxEngine.Server.Jobs;

/// <content>Tables and their mapping. Times are milliseconds since 1970.</content>
internal sealed partial class SqliteJobStore
{
    private const long SchemaVersion = 1;

    private const string Schema =
        """
        BEGIN;
        CREATE TABLE jobs (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            endpoint TEXT NOT NULL,
            state INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            is_direct INTEGER NOT NULL,
            cancel_requested INTEGER NOT NULL DEFAULT 0,
            attempts INTEGER NOT NULL DEFAULT 0,
            created INTEGER NOT NULL,
            start_deadline INTEGER,
            started INTEGER,
            finished INTEGER,
            output_lifetime INTEGER,
            status_code INTEGER,
            error TEXT,
            error_type TEXT,
            output_file TEXT,
            is_inline INTEGER NOT NULL DEFAULT 0,
            billable_units TEXT,
            timeout_type TEXT,
            webhook_url TEXT,
            webhook_due INTEGER,
            webhook_attempts INTEGER NOT NULL DEFAULT 0,
            origin TEXT NOT NULL,
            body TEXT,
            input TEXT NOT NULL
        );
        CREATE INDEX jobs_waiting ON jobs (endpoint, priority, sequence) WHERE state = 0;
        CREATE INDEX jobs_state ON jobs (state, finished);
        CREATE INDEX jobs_webhooks ON jobs (webhook_due) WHERE webhook_due IS NOT NULL;
        CREATE TABLE logs (
            job INTEGER NOT NULL,
            number INTEGER NOT NULL,
            time INTEGER NOT NULL,
            level TEXT NOT NULL,
            message TEXT NOT NULL,
            PRIMARY KEY (job, number)
        ) WITHOUT ROWID;
        PRAGMA user_version = 1;
        COMMIT;
        """;

    private const string StatusColumns =
        """
        id, endpoint, state, attempts, created, started, finished, status_code, error, error_type,
        CASE WHEN state = 0 THEN (
            SELECT COUNT(*) FROM jobs AS other
            WHERE other.state = 0 AND other.endpoint = jobs.endpoint
                AND (other.priority < jobs.priority OR (other.priority = jobs.priority AND other.sequence < jobs.sequence))
        ) ELSE 0 END
        """;

    private const string JobColumns =
        StatusColumns + ", is_direct, priority, output_lifetime, output_file, is_inline, billable_units, timeout_type, webhook_url, webhook_attempts, origin, body, input";

    private static JobStatus MapStatus(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        Endpoint = row.GetString(1),
        State = (JobState)row.GetInt32(2),
        Attempts = row.GetInt32(3),
        Created = Time(row, 4)!.Value,
        Started = Time(row, 5),
        Finished = Time(row, 6),
        StatusCode = row.IsDBNull(7) ? null : row.GetInt32(7),
        Error = Text(row, 8),
        ErrorType = Text(row, 9),
        QueuePosition = row.GetInt32(10),
    };

    private static Job MapJob(SqliteDataReader row)
    {
        JobStatus status = MapStatus(row);
        return new Job
        {
            Id = status.Id,
            Endpoint = status.Endpoint,
            State = status.State,
            QueuePosition = status.QueuePosition,
            Attempts = status.Attempts,
            Created = status.Created,
            Started = status.Started,
            Finished = status.Finished,
            StatusCode = status.StatusCode,
            Error = status.Error,
            ErrorType = status.ErrorType,
            IsDirect = row.GetBoolean(11),
            Priority = (JobPriority)row.GetInt32(12),
            OutputLifetime = row.IsDBNull(13) ? null : TimeSpan.FromMilliseconds(row.GetInt64(13)),
            Outcome = status.StatusCode is not { } code
                ? null
                : new JobOutcome
                {
                    StatusCode = code,
                    Body = row.GetString(21),
                    Error = status.Error,
                    ErrorType = status.ErrorType,
                    OutputFileId = Text(row, 14),
                    IsInline = row.GetBoolean(15),
                    BillableUnits = Text(row, 16),
                    TimeoutType = Text(row, 17),
                },
            WebhookUrl = Text(row, 18),
            WebhookAttempts = row.GetInt32(19),
            Origin = row.GetString(20),
            Input = row.GetString(22),
        };
    }

    private static List<T> MapAll<T>(SqliteCommand command, Func<SqliteDataReader, T> map)
    {
        using SqliteDataReader rows = command.ExecuteReader();
        List<T> result = [];
        while (rows.Read())
        {
            result.Add(map(rows));
        }

        return result;
    }
}
