import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import billingIdentity from "../vite-identity.js";

export default defineConfig({ plugins: [svelte(), billingIdentity()] });
