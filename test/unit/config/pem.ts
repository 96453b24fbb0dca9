/** A self-signed certificate (EC, P-256) until the year 2126, and its key. They guard nothing. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUf1QUPc6gEsMfq35O6g1dorp50a0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJd2VmdC50ZXN0MCAXDTI2MTEyMTE1NTMzMFoYDzIxMjYxMDI4
MTU1MzMwWjAUMRIwEAYDVQQDDAl3ZWZ0LnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATP69KMoOk/JQwkKPl7zl5YFlhdVsFWpglO/hIK+sWX+fLCxhCWpmAZ
OJXELwC0g61Jvjab7SBjOMwsNxk2IJNwo1MwUTAdBgNVHQ4EFgQUtihlClVuG9J1
7j9EIfcLDEDFFd0wHwYDVR0jBBgwFoAUtihlClVuG9J17j9EIfcLDEDFFd0wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA8znqsy5taHTz8eUShhBu
8rdZUkIPVSaJUsgnuhLLTUECIQDPhTpqVj4sQWY/cZ8JMzfoPGZnyeytkVxsuKmf
91p/lQ==
-----END CERTIFICATE-----
`;

export const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxQ4jvwpUxJppxNCE
Y6ct60kNm9o7mBahXg5GT8NL8FWhRANCAATP69KMoOk/JQwkKPl7zl5YFlhdVsFW
pglO/hIK+sWX+fLCxhCWpmAZOJXELwC0g61Jvjab7SBjOMwsNxk2IJNw
-----END PRIVATE KEY-----
`;

/** Files beside `gateway.yaml` that its expressions read. */
export const pemFiles = { 'cert.pem': certificate, 'key.pem': privateKey } as const;
