<?php
// The hash that vouches for a customer. It needs nothing but PHP: `php billing_hash.php jenny@lumen.studio`.

/** Hex HMAC-SHA256 of an address that you have verified, or of a customer id, under the portal's first key. */
function billing_hash(string $key, string $identifier): string
{
    return hash_hmac('sha256', $identifier, $key);
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    echo billing_hash(getenv('INVOICE_PORTAL_KEY'), $argv[1]), PHP_EOL;
}
