using LtxEngine.Server.Files;

namespace LtxEngine.Server.Pictures;

/// <summary>Brings the picture that an input names into a file: over the network, from a data URI, or from our own store.</summary>
/// <param name="http">Checks addresses and connects.</param>
/// <param name="files">Our own files; their addresses are never fetched.</param>
/// <param name="options">Limits.</param>
internal sealed class PictureFetcher(GuardedHttp http, IFileStore files, LtxServerOptions options)
{
    private const int MaxRedirects = 5;

    // Some hosts refuse programs that do not look like a browser.
    private const string UserAgent = "Mozilla/5.0 (compatible; LtxEngine)";

    /// <summary>Fetches a picture.</summary>
    /// <param name="reference">The field's text.</param>
    /// <param name="path">The file to write; it must not exist.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The end of it.</returns>
    /// <exception cref="PictureException">The picture cannot be had.</exception>
    public async Task FetchAsync(string reference, string path, CancellationToken cancellationToken)
    {
        if (await TryFetchLocalAsync(reference, path, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        Uri url = GuardedHttp.Parse(reference) ?? throw PictureException.Download("not an http or https address");
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.ImageTimeout);
        try
        {
            await DownloadAsync(url, path, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw PictureException.Download("time-out");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException or System.Net.Sockets.SocketException or ArgumentException)
        {
            throw PictureException.Download(exception.Message);
        }
    }

    /// <summary>Takes a picture that needs no network: a data URI, or one of our own files.</summary>
    /// <param name="reference">The field's text.</param>
    /// <param name="path">The file to write; it must not exist.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Whether it was one; nothing was written otherwise.</returns>
    /// <exception cref="PictureException">The picture cannot be had.</exception>
    public async Task<bool> TryFetchLocalAsync(string reference, string path, CancellationToken cancellationToken)
    {
        if (DataUri.Is(reference))
        {
            (_, byte[] content) = DataUri.Parse(reference, options.MaxImageBytes);
            await File.WriteAllBytesAsync(path, content, cancellationToken).ConfigureAwait(false);
            return true;
        }

        if (GuardedHttp.Parse(reference) is not { } url || await OpenOwnFileAsync(url, cancellationToken).ConfigureAwait(false) is not { } own)
        {
            return false;
        }

        await using (own.ConfigureAwait(false))
        {
            await CopyAsync(own, path, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private async Task DownloadAsync(Uri url, string path, CancellationToken cancellationToken)
    {
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            request.Headers.TryAddWithoutValidation("Accept", "image/*,*/*;q=0.8");
            using HttpResponseMessage response = await http.SendAsync(request, allowPrivate: false, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308)
            {
                string? location = response.Headers.TryGetValues("Location", out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
                Uri? next = location is not null && Uri.TryCreate(url, location, out Uri? absolute) ? GuardedHttp.Parse(absolute.AbsoluteUri) : null;
                url = next ?? throw PictureException.Download("redirected to an address that cannot be used");
                continue;
            }

            if (!response.IsSuccessStatusCode)
            {
                throw PictureException.Download($"answered with status {(int)response.StatusCode}");
            }

            if (response.Content.Headers.ContentLength > options.MaxImageBytes)
            {
                throw PictureException.TooLarge(options.MaxImageBytes);
            }

            Stream content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                await CopyAsync(content, path, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        throw PictureException.Download($"more than {MaxRedirects} redirects");
    }

    /// <summary>Counts the bytes after decompression, so that a small answer cannot become a large file.</summary>
    private async Task CopyAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        FileStream target = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        await using (target.ConfigureAwait(false))
        {
            byte[] buffer = new byte[1 << 16];
            long size = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                size += read;
                if (size > options.MaxImageBytes)
                {
                    throw PictureException.TooLarge(options.MaxImageBytes);
                }

                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            if (size == 0)
            {
                throw PictureException.Download("empty answer");
            }
        }
    }

    /// <summary>Whoever knows a file's id may read it, whatever host name the address has; no network is used for it.</summary>
    private async Task<Stream?> OpenOwnFileAsync(Uri url, CancellationToken cancellationToken)
    {
        string[] parts = url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int place = Array.LastIndexOf(parts, "files");
        return place >= 0 && place + 1 < parts.Length && FileIds.IsValid(parts[place + 1])
            ? await files.OpenAsync(parts[place + 1], cancellationToken).ConfigureAwait(false)
            : null;
    }
}
