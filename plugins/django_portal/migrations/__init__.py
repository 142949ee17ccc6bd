"""The portal's tables under Django. The same ones outside Django: ``invoice_portal.store.migrations``."""
