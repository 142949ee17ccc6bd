// The hash that vouches for a customer. It needs nothing but .NET, or Mono: see README.md.

using System;
using System.Security.Cryptography;
using System.Text;

public static class BillingHash
{
    /// <summary>Hex HMAC-SHA256 of an address that you have verified, or of a customer id, under the portal's first
    /// key.</summary>
    public static string Of(string key, string identifier)
    {
        using (var mac = new HMACSHA256(Encoding.UTF8.GetBytes(key)))
        {
            byte[] hash = mac.ComputeHash(Encoding.UTF8.GetBytes(identifier));
            return BitConverter.ToString(hash).Replace("-", "").ToLowerInvariant();
        }
    }

    public static void Main(string[] arguments)
    {
        Console.WriteLine(Of(Environment.GetEnvironmentVariable("INVOICE_PORTAL_KEY"), arguments[0]));
    }
}
