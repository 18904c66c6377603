// ComfyUI-WanVideoWrapper's WanVideoEncode calls its pictures `image` or `driving_video`, by its version. A graph that was
// saved with the one keeps its link on an input that the other does not have; here the link moves to the one it has.
import { app } from "../../scripts/app.js";

const NAMES = { WanVideoEncode: ["image", "driving_video"] };

app.registerExtension({
  name: "OnAir.RenamedInputs",
  loadedGraphNode(node) {
    const names = NAMES[node.comfyClass];
    const defined = node.constructor?.nodeData?.input?.required;
    if (!names || !defined) return;
    const place = (name) => node.inputs.findIndex((input) => input.name === name);
    const now = names.find((name) => name in defined);
    const before = names.find((name) => !(name in defined) && place(name) >= 0);
    if (!now || !before || place(now) < 0) return;
    const link = node.graph.getLink(node.inputs[place(before)].link);
    if (link && node.inputs[place(now)].link == null) {
      node.graph.getNodeById(link.origin_id).connect(link.origin_slot, node, place(now));
    }
    node.removeInput(place(before));
  },
});
