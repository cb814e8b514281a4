using System.Globalization;
using Microsoft.Data.Sqlite;

namespace LtxEngine.Server.Jobs;

/// <summary>The job store in one SQLite file with a write-ahead log. One process uses the file.</summary>
/// <remarks>
/// All changes go through one connection, one after the other, and are synced to disk before a method returns; reads use pooled connections
/// of their own and never wait for a writer.
/// </remarks>
internal sealed partial class SqliteJobStore : IJobStore, IDisposable
{
    private readonly SqliteConnection _writer;
#pragma warning disable CA2213 // Left to the collector: late callers must find the store closed, not a disposed semaphore or lock.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ReaderWriterLockSlim _closing = new();
#pragma warning restore CA2213
    private readonly string _readConnection;
    private bool _isClosed;

    /// <summary>Opens or creates the file.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or a newer version of the server wrote it.</exception>
    public SqliteJobStore(string path)
    {
        _writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _readConnection = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 10 }.ToString();
        try
        {
            _writer.Open();
            CreateSchema();
        }
        catch (SqliteException exception)
        {
            _writer.Dispose();
            throw new InvalidDataException($"The job store {path} cannot be opened: {exception.Message}", exception);
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // What has begun is finished first; later callers find the store closed. A late reader would open the file again and put the log beside it back.
        _writing.Wait();
        _closing.EnterWriteLock();
        _writer.Dispose();
        _isClosed = true;
        _closing.ExitWriteLock();
        _writing.Release();
        using SqliteConnection pooled = new(_readConnection);
        SqliteConnection.ClearPool(pooled);
    }

    /// <summary>Checks the whole file.</summary>
    /// <returns><c>ok</c>, or what is damaged.</returns>
    internal string CheckIntegrity() => Read(command => (string)command.ExecuteScalar()!, "PRAGMA integrity_check");

    private void CreateSchema()
    {
        Execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            """);
        using SqliteCommand version = _writer.CreateCommand();
        version.CommandText = "PRAGMA user_version";
        long found = (long)version.ExecuteScalar()!;
        if (found > SchemaVersion)
        {
            throw new InvalidDataException($"The job store has format {found}, this server knows {SchemaVersion}. Use the newer server, or another data folder.");
        }

        if (found == 0)
        {
            Execute(Schema);
        }
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = _writer.CreateCommand();
#pragma warning disable CA2100 // The texts are constants of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Runs changes as one transaction.</summary>
    private async Task<T> WriteAsync<T>(Func<Transaction, T> change, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);

            // Immediate: the right to write is taken at once, so that no change fails half-way for want of it.
            using SqliteTransaction transaction = _writer.BeginTransaction(deferred: false);
            T result = change(new Transaction(_writer, transaction));
            transaction.Commit();
            return result;
        }
        finally
        {
            _writing.Release();
        }
    }

    private T Read<T>(Func<SqliteCommand, T> read, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        _closing.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            using SqliteConnection connection = new(_readConnection);
            connection.Open();
            using SqliteCommand command = CreateCommand(connection, null, sql, parameters);
            return read(command);
        }
        finally
        {
            _closing.ExitReadLock();
        }
    }

    private static SqliteCommand CreateCommand(
        SqliteConnection connection, SqliteTransaction? transaction, string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The texts are constants of this class; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private static DateTimeOffset? Time(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    /// <summary>Changes that are committed together.</summary>
    private readonly struct Transaction(SqliteConnection connection, SqliteTransaction transaction)
    {
        public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
        {
            using SqliteCommand command = CreateCommand(connection, transaction, sql, parameters);
            return command.ExecuteNonQuery();
        }

        public long Count(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
        {
            using SqliteCommand command = CreateCommand(connection, transaction, sql, parameters);
            return Convert.ToInt64(command.ExecuteScalar() ?? 0L, CultureInfo.InvariantCulture);
        }

        public List<string> Texts(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
        {
            using SqliteCommand command = CreateCommand(connection, transaction, sql, parameters);
            using SqliteDataReader rows = command.ExecuteReader();
            List<string> texts = [];
            while (rows.Read())
            {
                texts.Add(rows.GetString(0));
            }

            return texts;
        }

        public Job? ReadJob(string id)
        {
            using SqliteCommand command = CreateCommand(connection, transaction, $"SELECT {JobColumns} FROM jobs WHERE id = $id", [("$id", id)]);
            using SqliteDataReader rows = command.ExecuteReader();
            return rows.Read() ? MapJob(rows) : null;
        }
    }
}
