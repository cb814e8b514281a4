using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace LtxEngine.Server.Tests.Clients;

/// <summary>Sends requests byte for byte over a socket, as a client of another language puts them there.</summary>
internal static class RawHttp
{
    /// <summary>Sends one request on a connection of its own and reads the answer.</summary>
    /// <param name="url">The server.</param>
    /// <param name="head">Request line and header lines, in the client's order and spelling; without the empty line.</param>
    /// <param name="body">The body, already counted in the head.</param>
    public static async Task<RawAnswer> SendAsync(string url, string[] head, byte[]? body = null)
    {
        Uri server = new(url);
        using TcpClient client = new();
        await client.ConnectAsync(server.Host, server.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", head) + "\r\n\r\n"));
        await stream.WriteAsync(body ?? []);
        using CancellationTokenSource limit = new(Testing.HangLimit.Time);
        string[] lines = (await ReadHeadAsync(stream, limit.Token)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
        {
            headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }

        byte[] content = new byte[int.Parse(headers["Content-Length"], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(content, limit.Token);
        return new RawAnswer(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers, content);
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (head.Count < 4 || !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            head.Add(one[0]);
        }

        return Encoding.ASCII.GetString([.. head]);
    }
}
