# The hash that vouches for a customer. It needs nothing but Ruby: `ruby billing_hash.rb jenny@lumen.studio`.
require "openssl"

# Hex HMAC-SHA256 of an address that you have verified, or of a customer id, under the portal's first key.
def billing_hash(key, identifier)
  OpenSSL::HMAC.hexdigest("SHA256", key, identifier)
end

puts billing_hash(ENV.fetch("INVOICE_PORTAL_KEY"), ARGV.fetch(0)) if __FILE__ == $PROGRAM_NAME
