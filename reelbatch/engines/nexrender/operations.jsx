// Operations of jobs that the tool does not support. ExtendScript is ECMAScript 3. Quoted names that
// begin with ADBE are match names, which are the same in every language.
(function (operations) {
    function fail(message) {
        throw new Error("nexrender: " + message); // the prefix by which the tool finds the message
    }

    function items(test) {
        var found = [];
        for (var i = 1; i <= app.project.numItems; i++) {
            if (test(app.project.item(i))) { found.push(app.project.item(i)); }
        }
        return found;
    }

    function composition(name) {
        var found = items(function (item) { return item instanceof CompItem && item.name === name; });
        if (!found.length) { fail("There is no composition " + name + "."); }
        return found[0];
    }

    function layers(operation) {
        var whole = composition(operation.composition), found = [];
        for (var i = 1; i <= whole.numLayers; i++) {
            if (whole.layer(i).name === operation.layer) { found.push(whole.layer(i)); }
        }
        if (!found.length) { fail(operation.composition + " has no layer " + operation.layer + "."); }
        return found;
    }

    function onLayers(change) {
        return function (operation) {
            var found = layers(operation);
            for (var i = 0; i < found.length; i++) {
                var wasLocked = found[i].locked;
                found[i].locked = false;
                if (change(found[i], operation) !== "removed") { found[i].locked = wasLocked; }
            }
        };
    }

    function textOf(layer) {
        var texts = layer.property("ADBE Text Properties");
        if (!texts) { fail("The layer " + layer.name + " has no text."); }
        return texts.property("ADBE Text Document");
    }

    // Essential Graphics: the property at the end of a path of match names and positions.
    function propertyAt(layer, path) {
        var found = layer;
        for (var i = 0; i < path.length && found; i++) {
            var name = path[i][0], place = path[i][1];
            var placed = place === null ? null : found.property(place + 1);
            found = placed && placed.matchName === name ? placed : found.property(name);
        }
        return found;
    }

    // A value cannot be set on a property with keyframes.
    function assign(property, value) {
        while (property.numKeys) { property.removeKey(1); }
        property.setValue(value);
    }

    function setControl(operation) {
        var whole = composition(operation.composition);
        var layer = operation.index <= whole.numLayers ? whole.layer(operation.index) : null;
        if (!layer || layer.name !== operation.layer) { layer = layers(operation)[0]; }
        var property = propertyAt(layer, operation.path);
        if (!property) { fail("The control " + operation.control + " is not found."); }
        assign(property, operation.value);
    }

    function setText(layer, operation) {
        var property = textOf(layer), text = property.value;
        for (var name in operation.text) {
            if (operation.text.hasOwnProperty(name)) { text[name] = operation.text[name]; }
        }
        assign(property, text);
    }

    function paint(group, color) {
        for (var i = 1; i <= group.numProperties; i++) {
            var child = group.property(i);
            if (child.matchName === "ADBE Vector Graphic - Fill") {
                assign(child.property("ADBE Vector Fill Color"), color.concat([1]));
            } else if (child.numProperties) {
                paint(child, color);
            }
        }
    }

    // Other layers may have the same solid, so this one gets another.
    function replaceSolid(layer, color) {
        var whole = layer.containingComp, old = layer.source;
        var helper = whole.layers.addSolid(
            color, old.name, old.width, old.height, old.pixelAspect, whole.duration
        );
        layer.replaceSource(helper.source, false);
        helper.remove();
    }

    function setColor(layer, operation) {
        var shapes = layer.property("ADBE Root Vectors Group");
        if (shapes) {
            paint(shapes, operation.color);
        } else if (layer.source && layer.source.mainSource instanceof SolidSource) {
            replaceSolid(layer, operation.color);
        } else {
            fail("The layer " + layer.name + " is neither a solid nor a shape.");
        }
    }

    function remove(layer) {
        layer.remove();
        return "removed";
    }

    // Whether the text fits at this size: into its box, or between the margins if it has no box.
    function fits(layer, property, size, box) {
        var text = property.value;
        text.fontSize = size;
        if (box) { text.boxTextSize = [box[0], 30000]; }
        assign(property, text);
        var seen = layer.sourceRectAtTime(layer.inPoint, false);
        if (box) { return seen.width <= box[0] && seen.height <= box[1]; }
        var scale = Math.abs(layer.property("ADBE Transform Group").property("ADBE Scale").value[0]) / 100;
        return seen.width * scale <= layer.containingComp.width * 0.9;
    }

    function fitText(layer, operation) {
        var property = textOf(layer), before = property.value;
        var box = before.boxText ? [before.boxTextSize[0], before.boxTextSize[1]] : null;
        var low = operation.smallest, high = Math.max(low, operation.largest || before.fontSize);
        if (!fits(layer, property, high, box)) {
            while (high - low > 0.05) {
                var middle = (low + high) / 2;
                if (fits(layer, property, middle, box)) { low = middle; } else { high = middle; }
            }
            high = low;
        }
        var text = property.value;
        text.fontSize = high;
        if (box) { text.boxTextSize = box; }
        assign(property, text);
    }

    function setState(layer, operation) {
        layer.enabled = operation.state === "visible";
    }

    function setStart(layer, operation) {
        var beginning = layer.containingComp.workAreaStart + operation.seconds;
        layer.startTime += beginning - layer.inPoint;
    }

    function setDuration(layer, operation) {
        layer.outPoint = layer.inPoint + operation.seconds;
    }

    function setLength(operation) {
        var whole = composition(operation.composition), start = whole.workAreaStart;
        var formerEnd = start + whole.workAreaDuration, end = start + operation.seconds;
        if (whole.duration < end) { whole.duration = end; }
        whole.workAreaDuration = operation.seconds;
        for (var i = 1; i <= whole.numLayers; i++) {
            var layer = whole.layer(i);
            if (layer.outPoint >= formerEnd - 0.001 && layer.outPoint < end) { layer.outPoint = end; }
        }
    }

    // Footage whose folder is missing is found by name, as in the conversion.
    function relink(operation) {
        var lost = items(function (item) { return item instanceof FootageItem && item.footageMissing; });
        for (var i = 0; i < lost.length; i++) {
            var path = lost[i].mainSource.missingFootagePath;
            var name = path.split(/[\/\\:]/).pop().toLowerCase();
            if (operation.files.hasOwnProperty(name)) { lost[i].replace(new File(operation.files[name])); }
        }
    }

    function save(operation) {
        app.project.save(new File(operation.file));
    }

    var known = {
        "relink": relink,
        "save": save,
        "essential": setControl,
        "nx:text-params-set": onLayers(setText),
        "nx:solid-color-set": onLayers(setColor),
        "nx:layer-state-set": onLayers(setState),
        "nx:layer-remove": onLayers(remove),
        "nx:layer-autoscale": onLayers(fitText),
        "nx:layer-start-set": onLayers(setStart),
        "nx:layer-duration-set": onLayers(setDuration),
        "nx:comp-duration-set": setLength
    };
    for (var n = 0; n < operations.length; n++) { known[operations[n]["do"]](operations[n]); }
}(/*OPERATIONS*/));
