import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import billingIdentity from "../vite-identity.js";

export default defineConfig({ plugins: [vue(), billingIdentity()] });
