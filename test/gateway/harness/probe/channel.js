/** A channel that delivers at once, or, to an address with "hang" in it, when it is released. */
export function channel(hold, { enabled }) {
  const account = { accountId: "default", enabled, configured: true };
  return {
    id: "probechan",
    meta: {
      id: "probechan",
      label: "Probe",
      selectionLabel: "Probe",
      docsPath: "/channels/probe",
      blurb: "Holds what it is given to send.",
    },
    capabilities: { chatTypes: ["direct"] },
    config: {
      listAccountIds: () => ["default"],
      resolveAccount: () => account,
      isConfigured: () => true,
      isEnabled: () => enabled,
      defaultAccountId: () => "default",
    },
    messaging: {
      normalizeTarget: (target) => target,
      targetResolver: { looksLikeId: () => true, hint: "any" },
    },
    outbound: {
      deliveryMode: "direct",
      resolveTarget: ({ to }) => ({ ok: true, to }),
      async sendText({ to, text }) {
        if (/hang/.test(to)) await hold("channel", { to, text });
        return { channel: "probechan", messageId: `probe-${Date.now()}` };
      },
    },
  };
}
