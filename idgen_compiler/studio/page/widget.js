// The studio in a notebook: an anywidget whose traits are the drawing and the size, and whose kernel answers.

import { modelEngine } from "./engines.js";
import { mount } from "./studio.js";

export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.style.height = `${model.get("height")}px`;
    el.append(root);
    const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    const studio = mount(root, {
      engine: modelEngine(model),
      state: model.get("drawing"),
      onchange: (state) => {
        if (same(state, model.get("drawing"))) return;
        model.set("drawing", state);
        model.save_changes();
      },
    });
    const lost = (state) => state.points.some((point) => point.x === undefined || point.x === null);
    const taken = () => !same(model.get("drawing"), studio.store.state) && studio.take(model.get("drawing"));
    model.on("change:drawing", taken);
    if (lost(studio.store.state)) studio.arrange();
    else requestAnimationFrame(() => studio.canvas.fit());
    return () => model.off("change:drawing", taken);
  },
};
