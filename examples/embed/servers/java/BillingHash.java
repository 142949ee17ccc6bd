// The hash that vouches for a customer. It needs nothing but Java 11: `java BillingHash.java jenny@lumen.studio`.

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class BillingHash {
    private BillingHash() {}

    /** Hex HMAC-SHA256 of an address that you have verified, or of a customer id, under the portal's first key. */
    public static String of(String key, String identifier) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        byte[] hash = mac.doFinal(identifier.getBytes(StandardCharsets.UTF_8));
        return String.format("%064x", new BigInteger(1, hash));
    }

    public static void main(String[] arguments) throws GeneralSecurityException {
        System.out.println(of(System.getenv("INVOICE_PORTAL_KEY"), arguments[0]));
    }
}
