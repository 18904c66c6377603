// Go live from the editor: the side panel, its settings, and the graph's changes.
import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { Broadcast } from "./broadcast.js";
import { Panel } from "./panel.js";
import { settings } from "./settings.js";
import { words } from "./words.js";

const TAB = "onair";
const broadcast = new Broadcast();
let panel = null;

function addStyle() {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: new URL("panel.css", import.meta.url).href });
  document.head.append(link);
}

app.registerExtension({
  name: "OnAir.GoLive",
  settings: settings(),
  commands: [
    { id: "OnAir.GoLive", label: "OnAir: Go live", icon: "onair-icon", function: () => broadcast.goLive() },
    { id: "OnAir.Update", label: "OnAir: Update the graph on air", function: () => broadcast.update() },
    { id: "OnAir.Check", label: "OnAir: Check this graph", function: () => broadcast.check() },
  ],
  async setup() {
    addStyle();
    const say = words();
    app.extensionManager.registerSidebarTab({
      id: TAB,
      icon: "onair-icon",
      title: say.title,
      tooltip: say.tooltip,
      type: "custom",
      render: (container) => {
        panel?.destroy();
        panel = new Panel(container, broadcast);
      },
      destroy: () => {
        panel?.destroy();
        panel = null;
      },
    });
    api.addEventListener("graphChanged", () => broadcast.graphChanged());
    await broadcast.resume();
  },
});
