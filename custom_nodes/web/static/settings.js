// Where a runner is that was started by hand: two settings of the editor.
import { app } from "../../scripts/app.js";
import { words } from "./words.js";

const ADDRESS = "OnAir.Runner.Address";
const TOKEN = "OnAir.Runner.Token";

export function settings() {
  const say = words();
  return [
    {
      id: TOKEN,
      category: ["OnAir", "Runner", "Token"],
      name: say.token,
      tooltip: say.tokenHint,
      type: "text",
      defaultValue: "",
      attrs: { type: "password", autocomplete: "off" },
    },
    {
      id: ADDRESS,
      category: ["OnAir", "Runner", "Address"],
      name: say.address,
      tooltip: say.addressHint,
      type: "text",
      defaultValue: "",
    },
  ];
}

// The runner that is set, or null where the editor is to start one.
export function chosenRunner() {
  const read = (id) => String(app.extensionManager.setting.get(id) ?? "").trim();
  const address = read(ADDRESS).replace(/\/+$/, "");
  if (!address) return null;
  return { address: /^https?:\/\//.test(address) ? address : `http://${address}`, token: read(TOKEN) };
}
