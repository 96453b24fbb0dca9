// Each request makes its own upstream calls, as the requests of different callers would.
export const gatewayConfig = { transportEntries: { '*.http': { options: { deduplicateInflightRequests: false } } } };
