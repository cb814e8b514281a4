using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace LtxEngine.Server.Pictures;

/// <summary>Which addresses are on the public internet.</summary>
internal static class AddressRules
{
    private static readonly (uint Network, int Bits)[] ReservedV4 =
    [
        (V4(0, 0, 0, 0), 8),          // this network
        (V4(10, 0, 0, 0), 8),         // private
        (V4(100, 64, 0, 0), 10),      // carrier-grade NAT, cloud-internal services
        (V4(127, 0, 0, 0), 8),        // loopback
        (V4(169, 254, 0, 0), 16),     // link-local, metadata services
        (V4(172, 16, 0, 0), 12),      // private
        (V4(192, 0, 0, 0), 24),       // protocol assignments
        (V4(192, 0, 2, 0), 24),       // documentation
        (V4(192, 88, 99, 0), 24),     // 6to4 relays
        (V4(192, 168, 0, 0), 16),     // private
        (V4(198, 18, 0, 0), 15),      // benchmarks
        (V4(198, 51, 100, 0), 24),    // documentation
        (V4(203, 0, 113, 0), 24),     // documentation
        (V4(224, 0, 0, 0), 4),        // multicast
        (V4(240, 0, 0, 0), 4),        // reserved, broadcast
    ];

    /// <summary>Whether an address is public: not private, loopback, link-local, multicast or reserved, also not inside an IPv6 address that carries an IPv4 one.</summary>
    /// <param name="address">The address.</param>
    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return IsPublicV4(address.GetAddressBytes());
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId != 0)
        {
            return false;
        }

        // Of all of IPv6 only 2000::/3 is given out, and 64:ff9b::/96, which leads to IPv4.
        byte[] bytes = address.GetAddressBytes();
        if (StartsWith(bytes, [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]))
        {
            return IsPublicV4(bytes.AsSpan(12));
        }

        if (StartsWith(bytes, [0x20, 0x02]))
        {
            // 6to4: the IPv4 address follows the prefix.
            return IsPublicV4(bytes.AsSpan(2, 4));
        }

        return (bytes[0] & 0xe0) == 0x20
            && !StartsWith(bytes, [0x20, 0x01, 0x0d, 0xb8])         // documentation
            && !(StartsWith(bytes, [0x20, 0x01]) && bytes[2] < 2)   // 2001::/23: Teredo, benchmarks, ORCHID
            && !StartsWith(bytes, [0x3f, 0xff]);                    // documentation
    }

    private static bool IsPublicV4(ReadOnlySpan<byte> bytes)
    {
        uint address = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        foreach ((uint network, int bits) in ReservedV4)
        {
            if ((address ^ network) >> (32 - bits) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool StartsWith(byte[] bytes, ReadOnlySpan<byte> prefix) => bytes.AsSpan().StartsWith(prefix);

    private static uint V4(byte a, byte b, byte c, byte d) => ((uint)a << 24) | ((uint)b << 16) | ((uint)c << 8) | d;
}
