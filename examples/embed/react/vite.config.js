import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import billingIdentity from "../vite-identity.js";

// The wrapper stands outside of this folder: both must have the same React.
export default defineConfig({ plugins: [react(), billingIdentity()], resolve: { dedupe: ["react"] } });
