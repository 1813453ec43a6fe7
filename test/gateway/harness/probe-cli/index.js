// For tests only. Apart from the probe: old gateways start no services of a plugin that has a CLI backend.
export default {
  id: "cron-healer-probe-cli",
  name: "Cron Healer Probe CLI",
  description: "Runs jobs on a fake command-line model.",
  register(api) {
    const liveTest = { defaultModelRef: "fake-cli/one", defaultImageProbe: false, defaultMcpProbe: false };
    api.registerCliBackend({ id: "fake-cli", liveTest, config: api.pluginConfig.cliBackend });
  },
};
