// NiceGUI 3 keeps what a page sends before its socket is up, each message on a timer of its own: a name that was
// typed while the page connected could reach the box after the Enter that followed it, and an empty form was sent.
// The socket keeps messages by itself, in their order, so the page need not wait for it.
Object.defineProperty(window, "did_handshake", { get: () => window.socket !== undefined, set() {} });
