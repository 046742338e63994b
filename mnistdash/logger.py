"""A Keras callback that shows a training in the dashboard and keeps what came of it."""

import time
import warnings
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from mnistdash import artifacts, classifier, datasets, store
from mnistdash.bringing import answers, asking, following, histories, runs, scalings

_COMPARED = 200  # test images on which the converted model has to answer as the model does
_ALIKE = 0.02  # by how much their probabilities may differ


class Logger(keras.callbacks.Callback):
    """Shows a training in the dashboard while `fit` goes on, and its errors afterwards.

    ```python
    model.fit(x, y, epochs=5, callbacks=[mnistdash.Logger("my cnn", dataset="mnist")])
    ```

    Each `fit` makes a run. Its figures appear as they come; Stop in the dashboard ends `fit` after
    the batch under way. Then the model answers the data set's test images, and where it takes
    28x28 images it is kept as a LiteRT model, so that it can be drawn for and asked why.

    Args:
        name: what people call the run, 1 to 60 characters.
        dataset: the name of a data set; or arrays `(x_test, y_test)` or
            `(x_train, y_train, x_test, y_test)`, which are kept as a data set, once.
        class_names: of such arrays, K names in order.
        keep_epochs: whether to keep the answers after every epoch as well.
        scaling: what the model expects of pixels: `unit` (0 to 1), `raw` (0 to 255), `centred`
            (-1 to 1), `half` (-0.5 to 0.5) or `standardised`, each also as `inverted unit` and so
            on, or a pair `(scale, offset)`. Without it the usual ones are tried on test images.
        prepare: a function from raw images, uint8 `(n, 28, 28)`, to what the model takes, where
            that is something else; then no LiteRT model is kept.
        note: shown with the run, at most 500 characters.

    Raises:
        LogError: the data set or another argument can't be used, before anything is trained.
    """

    async_safe = True  # Keras need not wait for a batch's figures on account of this callback

    def __init__(
        self,
        name: str,
        *,
        dataset: object,
        class_names: Sequence[str] | None = None,
        keep_epochs: bool = False,
        scaling: str | tuple[float, float] | None = None,
        prepare: asking.Prepare | None = None,
        note: str = "",
    ) -> None:
        super().__init__()
        if not name.strip():
            raise answers.LogError("A run needs a name of 1 to 60 characters.")
        try:
            self._images, self._said = runs.images_of(dataset, class_names, name)
            self._name, self._note = name, note
            self._scaling = _scaling(scaling)
        except (datasets.DataError, ValueError) as error:
            raise answers.LogError(str(error)) from None
        self._keep_epochs, self._prepare = keep_epochs, prepare
        self._fit: _Fit | None = None
        self.logged: runs.Logged | None = None  # what the last `fit` came to

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Make a run."""
        del logs
        if self._fit is not None:
            self._fit.left()  # by an exception, a moment ago
        self.logged = None
        try:
            self._fit = _Fit(self, self.model, self.params or {})
        except (store.StoreError, ValueError) as error:
            raise answers.LogError(str(error)) from None

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note the time."""
        del logs
        self._fit.begin_epoch(epoch)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note the figures; the follower writes them."""
        self._fit.end_batch(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write the epoch's figures and, where asked for, its answers."""
        del epoch
        self._fit.end_epoch(logs or {})

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Ask the model for the test images, and write what came of the training."""
        del logs
        fit, self._fit = self._fit, None
        self.logged = fit.end()


def _scaling(given: object) -> str | scalings.Scaling | None:
    if given is None:
        return None
    if isinstance(given, str):
        scalings.named(given, 0.0, 1.0)  # refuses a foreign name
        return given
    scale, offset = (float(value) for value in given)
    return scalings.Scaling("given", scale, offset)


class _Fit:
    """One call of `fit`: its run, and all that is written of it."""

    def __init__(self, logger: Logger, model: keras.Model, params: Mapping[str, object]) -> None:
        self._logger, self._model = logger, model
        self._db = store.Store(store.default_url())
        epochs = int(params.get("epochs") or 1)
        self._run = runs.begin(
            self._db,
            logger._name,
            logger._images,
            epochs=epochs,
            trace=logger._keep_epochs,
        )
        if logger._note.strip():
            self._db.annotate(self._run.id, logger._note)
        print(f"mnistdash: {logger._name} is at {runs.link(self._run.id)}", flush=True)
        self._history: list[dict[str, float | None]] = []
        self._first: int | None = None
        self._epoch_began = time.monotonic()
        self._expected: asking.Expected | None = None
        self._caller = following.Caller("fit", model)
        self._seen = asking.seen(self._caller.argument("x"), logger._images) or asking.seen(
            self._caller.argument("val_x"), logger._images
        )
        self._guard()
        steps = params.get("steps")
        self._follower = following.Follower(
            self._db,
            self._run.id,
            epochs=epochs,
            steps=int(steps) if steps else None,
            on_stop=self._stop,
            on_left=self.left,
            is_running=self._caller.is_running,
        )

    def _guard(self) -> None:
        """Remember what a step raises: `fit` tells its callbacks of no exception."""
        step = getattr(self._model, "train_function", None)
        if callable(step):
            self._model.train_function = following.Guarded(step, self._caller)

    def _unguard(self) -> None:
        step = getattr(self._model, "train_function", None)
        if isinstance(step, following.Guarded):
            self._model.train_function = step.function
        self._caller.let_go()

    def _stop(self) -> None:
        self._model.stop_training = True  # looked at after each batch

    # -- while it trains

    def begin_epoch(self, epoch: int) -> None:
        if self._first is None:
            self._first = epoch  # of a `fit` that goes on where an earlier one ended
        self._epoch_began = time.monotonic()
        self._follower.place.epoch = epoch - self._first
        self._follower.place.step = 0

    def end_batch(self, batch: int, logs: Mapping[str, float] | None) -> None:
        place = self._follower.place
        place.logs, place.step = logs, batch + 1

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        figures = histories.epoch(logs)
        figures["seconds"] = time.monotonic() - self._epoch_began
        if figures["learning_rate"] is None:
            figures["learning_rate"] = _learning_rate(self._model)
        self._history.append(figures)
        place = self._follower.place
        self._follower.steps = self._follower.steps or place.step or None
        place.epoch, place.step, place.logs = len(self._history), 0, None
        kept = {}
        if self._logger._keep_epochs:
            try:
                found = self._ask()
                kept[artifacts.epoch(len(self._history) - 1)] = artifacts.write_answers(
                    found.y_pred, found.confidence
                )
            except ValueError as error:
                warnings.warn(f"mnistdash: {error}", stacklevel=2)
        self._follower.tolerantly(lambda: self._db.record(self._run.id, self._history, kept))

    # -- when it ends

    def end(self) -> runs.Logged | None:
        """Ask the model for the test images and finish the run; say what can't be had."""
        place = self._follower.place
        place.epoch, place.step, place.logs = len(self._history), 0, None
        self._follower.tolerantly(self._follower.report)
        seconds = self._follower.seconds
        try:
            logged = self._finish(seconds)
        except (ValueError, store.StoreError) as error:
            logged, said = None, str(error)
            warnings.warn(f"mnistdash: {said}", stacklevel=2)
            self._follower.tolerantly(lambda: self._close("failed", said, seconds=seconds))
        finally:
            self._follower.end()
            self._unguard()
        if logged is not None:
            print(f"mnistdash: {logged}", flush=True)
        return logged

    def _finish(self, seconds: float) -> runs.Logged | None:
        last = self._history[-1] if self._history else {}
        if self._history and last.get("loss") is None:
            said = f"Diverged at epoch {len(self._history)}: the loss is no longer a number."
            self._close("diverged", said, seconds=seconds)
            return None
        found = self._ask()
        self._take_up()
        columns = runs.results(found, self._logger._images)
        model, said = self._litert(found)
        columns["artifacts"] |= model
        notes = [*self._logger._said, *found.notes, *said]
        if self._follower.stopped:
            notes.insert(0, f"Stopped in epoch {max(len(self._history), 1)}.")
        versions = dict(self._run.versions)
        if self._expected is not None:
            versions["scaling"] = str(self._expected.scaling)
        self._close(
            "finished",
            " ".join(notes) or None,
            seconds=seconds,
            versions=versions,
            best_epoch=len(self._history) - 1 if self._history else None,
            **columns,
        )
        run = self._db.run(self._run.id)
        if run is None:
            raise answers.LogError(f"{self._logger._name} was deleted: nothing is kept of it.")
        return runs.logged(run, self._logger._images, notes)

    def _take_up(self) -> None:
        """Make another run where the first was given up: the machine slept, say."""
        run = self._db.run(self._run.id)
        if run is not None and run.status == "interrupted":
            self._run = runs.begin(
                self._db, self._logger._name, self._logger._images, epochs=len(self._history) or 1
            )

    def _close(self, status: str, reason: str | None, **columns: object) -> None:
        self._db.finish(
            self._run.id, status=status, reason=reason, history=self._history, **columns
        )

    def left(self) -> None:
        """Close the run of a `fit` that was left without an end."""
        self._follower.end()
        status, reason = following.ending(self._caller.exception())
        self._unguard()
        self._close(status, reason, seconds=self._follower.seconds)

    # -- asking the model

    def _ask(self) -> answers.Answers:
        """Return what the model answers to the test images now.

        Raises:
            LogError: it can't be asked for them.
        """
        images = self._logger._images
        if self._logger._prepare is not None:
            pixels = self._logger._prepare(images.x_test)
        else:
            last = self._history[-1] if self._history else {}
            self._expected = asking.expected(
                self._model,
                images,
                self._logger._scaling,
                seen=self._seen,
                loss=last.get("val_loss") or last.get("loss"),
            )
            pixels = self._expected(images.x_test)
        return answers.read(
            asking.predict(self._model, pixels),
            num_images=len(images.y_test),
            class_names=images.class_names,
            what="The model's answer",
        )

    def _litert(self, found: answers.Answers) -> tuple[dict[str, bytes], list[str]]:
        """Return the model as the pages ask it, and what was said of it."""
        if self._expected is None:
            return {}, ["It is kept without a model: only `prepare` knows what it takes."]
        said = [f"Pixels are scaled {self._expected.how}: {self._expected.scaling}."]
        backend = keras.backend.backend()
        if backend != "tensorflow":
            return {}, [*said, f"It is kept without a model: Keras runs on {backend} here."]
        try:
            from mnistdash.training import wrapping  # TensorFlow: Keras may run without

            model = wrapping.litert_model(self._model, self._expected, made_by=found.made_by)
            some = slice(0, _COMPARED)
            probs = classifier.Classifier(model).probs(self._logger._images.x_test[some])
            if found.probs is None or np.abs(probs - found.probs[some]).max() > _ALIKE:
                raise answers.LogError("LiteRT answers otherwise than Keras.")
        except ValueError as error:
            return {}, [*said, f"It is kept without a model: {error}"]
        return {artifacts.MODEL: model}, said


def _learning_rate(model: keras.Model) -> float | None:
    """Return the optimizer's learning rate now, where it tells."""
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    try:
        return histories.number(keras.ops.convert_to_numpy(rate))
    except (TypeError, ValueError):
        return None
