// The hash that vouches for a customer. It needs nothing but Go: `go run billing_hash.go jenny@lumen.studio`.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

// BillingHash is the hex HMAC-SHA256 of an address that you have verified, or of a customer id, under the portal's
// first key.
func BillingHash(key, identifier string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(identifier))
	return hex.EncodeToString(mac.Sum(nil))
}

func main() {
	fmt.Println(BillingHash(os.Getenv("INVOICE_PORTAL_KEY"), os.Args[1]))
}
