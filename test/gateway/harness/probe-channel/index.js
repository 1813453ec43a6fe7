// For tests only. Apart from the probe: old gateways start no services of a plugin that has a channel.
import { channel } from "../probe/channel.js";
import { hold } from "../probe/holding.js";

export default {
  id: "probechan",
  name: "Cron Healer Probe Channel",
  description: "A channel whose deliveries tests can hold.",
  register(api) {
    api.registerChannel({ plugin: channel(hold, { enabled: true }) });
  },
};
